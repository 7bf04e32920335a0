// Package report looks at what sealctl report and sealctl graph write with the
// eyes of a browser: which lines a search leaves, what works without JavaScript, that
// nothing is loaded, that text is inside its boxes. It needs chromium (the Debian
// package of that name) and no privileges. With -screenshots DIR it leaves pictures for
// people there.
//
// The browser is spoken to through two pipes, by the Chrome DevTools Protocol.
package report

package spec

import "strings"

// SpecVersion is the release of the OCI runtime specification that this package
// is written for, and what Default puts into ociVersion.
const SpecVersion = "1.3.0"

// validateVersion checks ociVersion. The specification promises compatibility
// within a major version, and unknown fields are to be ignored, so that every
// 1.x.y is accepted: with a pre-release or a build suffix (1.0.2-dev,
// 1.1.0+dev), and newer than this package. What a newer version adds cannot be
// known here; that is the price of the promise.
func validateVersion(v string) error {
	const expected = "expected a version 1.x.y such as " + SpecVersion
	if v == "" {
		return bad("ociVersion", "missing, %s", expected)
	}
	core, suffix := v, ""
	if i := strings.IndexAny(v, "-+"); i >= 0 {
		core, suffix = v[:i], v[i:]
	}
	major, rest, _ := strings.Cut(core, ".")
	minor, patch, _ := strings.Cut(rest, ".")
	if !versionNumber(major) || !versionNumber(minor) || !versionNumber(patch) || !versionSuffix(suffix) {
		return bad("ociVersion", "%s: not a version of the form x.y.z, %s", quote(v), expected)
	}
	if major != "1" {
		return bad("ociVersion", "%s: not supported, %s", quote(v), expected)
	}
	return nil
}

// versionNumber says whether s is a number without leading zeros.
func versionNumber(s string) bool {
	if s == "" || len(s) > 9 || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// versionSuffix says whether s is empty or a pre-release and build part of
// Semantic Versioning 2.0.0: dot-separated words after - or +.
func versionSuffix(s string) bool {
	for s != "" {
		end := len(s)
		if s[0] == '-' {
			if i := strings.IndexByte(s, '+'); i >= 0 {
				end = i
			}
		}
		for word := range strings.SplitSeq(s[1:end], ".") {
			if word == "" {
				return false
			}
			for i := range len(word) {
				c := word[i]
				if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
					return false
				}
			}
		}
		s = s[end:]
	}
	return true
}

package arch

// Mux returns the second way in which programs of this architecture make a
// socket or System V IPC call, if there is one: the multiplexer (socketcall or
// ipc), its number, and the value of its first argument that selects the call
// (SYS_* of linux/net.h, and the call numbers of linux/ipc.h). Several of these
// calls have no number of their own on some of the architectures.
//
// Those that answer are the ones on which libseccomp adds rules for the
// multiplexers: x86, ppc, ppc64, ppc64le, s390x, and mips and mipsel (o32). That,
// the numbers and the width of the comparison (64 bits on 64-bit architectures)
// were determined with libseccomp 2.5.4, from the filters that it makes of a rule
// for each of the 32 names on each architecture.
//
// ipc(2) keeps a version in the upper 16 bits of its first argument; the lower ones
// select the call.
func (a *Arch) Mux(id ID) (mux ID, nr, call uint32, ok bool) {
	c := muxCalls[id]
	if !a.mux || c == 0 {
		return 0, 0, 0, false
	}
	mux = idSocketcall
	if c&muxIPC != 0 {
		mux = idIPC
	}
	nr, ok = a.NumberOf(mux)
	return mux, nr, uint32(c &^ muxIPC), ok
}

// IsIPC says whether the multiplexer is ipc.
func IsIPC(mux ID) bool { return mux == idIPC }

// muxIPC marks the calls of ipc(2) in muxCalls; the others are socketcall's.
const muxIPC = 0x80

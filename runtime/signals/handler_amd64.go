package signals

// saRestorer: on amd64 the return address is ours to give (sigreturn(2)).
const saRestorer = 0x04000000

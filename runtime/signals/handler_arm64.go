package signals

// saRestorer is not used: the kernel returns through the vDSO.
const saRestorer = 0

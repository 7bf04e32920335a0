package arch

// Native is the OCI name of the architecture this program was built for, or ""
// where that architecture has no table.
const Native = "SCMP_ARCH_LOONGARCH64"

//go:build !386 && !amd64 && !arm && !arm64 && !loong64 && !mips && !mips64 && !mips64le && !mipsle && !ppc64 && !ppc64le && !riscv64 && !s390x

package arch

// Native is the OCI name of the architecture this program was built for, or ""
// where that architecture has no table.
const Native = ""

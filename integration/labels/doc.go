// Package labels runs containers under the kernel's security modules: AppArmor
// profiles and SELinux labels are what the processes have, and a host without the
// module refuses them. Most machines run one module at most, so a machine with
// each is one of integration/vm's; RUNSEAL_LSM says there which one it must be.
package labels

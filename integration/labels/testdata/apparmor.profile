# What the tests load: everything but one directory.
profile runseal-test flags=(attach_disconnected,mediate_deleted) {
  file,
  network,
  capability,
  mount,
  umount,
  signal,
  ptrace,
  unix,
  deny /denied/** rwkl,
}
profile runseal-other flags=(attach_disconnected,mediate_deleted) {
  file,
  network,
  capability,
  mount,
  umount,
  signal,
  ptrace,
  unix,
}

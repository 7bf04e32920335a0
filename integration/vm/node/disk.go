package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// diskSize in bytes. The file is sparse: what the node does not have takes no room, and
// what it writes never reaches the file.
const diskSize = 2 << 30

// format writes an ext4 file system with the content of root into a new file. Owners,
// modes and extended attributes are kept (mke2fs(8), -d), so nothing has to be mounted.
// It has no journal, because no state of it is ever used twice.
func format(ctx context.Context, path, root string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := f.Truncate(diskSize); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0",
		"-E", "root_owner=0:0,lazy_itable_init=1", "-L", "node", "-d", root, path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mke2fs (Debian package e2fsprogs): %w\n%s", err, out)
	}
	return nil
}

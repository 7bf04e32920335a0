package arch

// ID is the position of a system call's name in the sorted list of all names
// of all architectures. IDs change with the tables: do not store them.
type ID uint16

// Find looks a name up. It reports false for a name that no Linux architecture
// has; names are compared byte for byte, as the kernel's headers spell them.
func Find(name string) (ID, bool) {
	if name == "" || name[0] < '_' || name[0] > 'z' {
		return 0, false
	}
	lo, hi := int(firstByte[name[0]-'_']), int(firstByte[name[0]-'_'+1])
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if s := ID(mid).String(); s < name {
			lo = mid + 1
		} else if s == name {
			return ID(mid), true
		} else {
			hi = mid
		}
	}
	return 0, false
}

// String returns the name.
func (id ID) String() string { return names[nameStart[id]:nameStart[id+1]] }

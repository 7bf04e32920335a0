package arch

// ID is the position of a system call's name in the sorted list of all names
// of all architectures. IDs change with the tables: do not store them.
type ID uint16

// NumIDs is the number of names. Every ID is smaller.
const NumIDs = nameCount

// Find looks a name up. It reports false for a name that no Linux architecture
// has; names are compared byte for byte, as the kernel's headers spell them.
func Find(name string) (ID, bool) {
	for at := hash(name); buckets[at] != 0; at = (at + 1) % (1 << bucketBits) {
		if id := ID(buckets[at] - 1); id.String() == name {
			return id, true
		}
	}
	return 0, false
}

// bucketBits is the size of the hash table, of which half is free.
const bucketBits = 10

// hash returns the upper bits of FNV-1a. A profile has some 400 names, so that
// their search is a good part of its compilation.
func hash(name string) uint32 {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return h >> (32 - bucketBits)
}

// String returns the name.
func (id ID) String() string { return names[nameStart[id]:nameStart[id+1]] }

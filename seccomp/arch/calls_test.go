package arch

import "testing"

// Each call is there once, in order, and its number is one that belongs to the
// architecture.
func TestCalls(t *testing.T) {
	for i := range all {
		a := &all[i]
		first, last := a.Numbers()
		seen := 0
		for id := range ID(NumIDs) {
			if _, ok := a.NumberOf(id); ok {
				seen++
			}
		}
		list := a.Calls()
		if len(list) != seen {
			t.Errorf("%s: %d calls, want %d", a.Scmp, len(list), seen)
		}
		for k, c := range list {
			if nr, ok := a.NumberOf(c.ID); !ok || nr != c.Number || nr < first || nr > last || ByCall(a.Audit, nr) != a {
				t.Errorf("%s: %s is %d, want %d, from %d to %d", a.Scmp, c.ID, c.Number, nr, first, last)
			}
			if k > 0 && (list[k-1].Number > c.Number || list[k-1].Number == c.Number && list[k-1].ID >= c.ID) {
				t.Errorf("%s: %s behind %s", a.Scmp, c.ID, list[k-1].ID)
			}
			if k == 0 || list[k-1].Number < c.Number {
				if name := a.Name(c.Number); name != c.ID.String() {
					t.Errorf("%s: %d is %s, want %s", a.Scmp, c.Number, c.ID, name)
				}
			}
		}
		if first > 0 && ByCall(a.Audit, first-1) == a || last < 1<<32-2 && ByCall(a.Audit, last+1) == a {
			t.Errorf("%s has more numbers than from %#x to %#x", a.Scmp, first, last)
		}
	}
}

package plan

import (
	"slices"
	"testing"
)

func TestEnvironment(t *testing.T) {
	for _, c := range []struct {
		env  []string
		home string
		want []string
	}{
		{nil, "", []string{}},
		{nil, "/", []string{"HOME=/"}},
		{[]string{"A=1", "B=2"}, "", []string{"A=1", "B=2"}},
		{[]string{"A=1", "B=2", "A=3", "A="}, "", []string{"A=", "B=2"}},
		{[]string{"A=1", "AB=2", "A=x=y"}, "", []string{"A=x=y", "AB=2"}},
		{[]string{"HOME=", "A=1"}, "/root", []string{"HOME=/root", "A=1"}},
		{[]string{"A", "A", "A=1"}, "", []string{"A", "A", "A=1"}},
	} {
		if got := environment(c.env, c.home); !slices.Equal(got, c.want) {
			t.Errorf("environment(%q, %q) = %q, expected %q", c.env, c.home, got, c.want)
		}
	}
}

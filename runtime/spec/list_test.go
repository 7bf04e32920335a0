package spec

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseList(t *testing.T) {
	var all []string // one by one, backwards: the longest sensible text
	full := make(List, (MaxCPU+1)/64)
	for n := MaxCPU; n >= 0; n-- {
		all = append(all, fmt.Sprint(n))
		full[n/64] |= 1 << (n % 64)
	}
	for _, tc := range []struct {
		text string
		last int
		want List
	}{
		{"0", MaxCPU, List{1}},
		{"0-3,7", MaxCPU, List{0x8f}},
		{" 7 , 0-3 ", 7, List{0x8f}},
		{"5,5-5,4-6", MaxCPU, List{0x70}},
		{"63", 63, List{1 << 63}},
		{"64", MaxNode, List{0, 1}},
		{"60-67", MaxNode, List{0xf << 60, 0xf}},
		{"0-8191", MaxCPU, full},
		{strings.Join(all, ","), MaxCPU, full},
	} {
		if got, err := ParseList(tc.text, tc.last); err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%.40q: %x, %v, want %x", tc.text, got, err, tc.want)
		}
	}
	for text, want := range map[string]string{
		"":                                  `"": "" is no number and no range, expected a list such as 0-3,7`,
		"1,":                                `"1,": "" is no number and no range, expected a list such as 0-3,7`,
		"0x1":                               `"0x1": "0x1" is no number and no range, expected a list such as 0-3,7`,
		"0-6:2/3":                           `"0-6:2/3": "0-6:2/3" is no number and no range, expected a list such as 0-3,7`,
		"0 1":                               `"0 1": "0 1" is no number and no range, expected a list such as 0-3,7`,
		"1- 3":                              `"1- 3": "1- 3" is no number and no range, expected a list such as 0-3,7`,
		"0,8":                               `"0,8": expected numbers from 0 to 7`,
		"4294967295-4294967295":             `"4294967295-4294967295": expected numbers from 0 to 7`,
		strings.Repeat("0-7,", 1<<14) + "0": "65537 bytes: expected at most 65536",
	} {
		if got, err := ParseList(text, 7); fmt.Sprint(err) != want {
			t.Errorf("%.40q: %x, %v, want %s", text, got, err, want)
		}
	}
}

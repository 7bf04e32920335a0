package cgroup

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// hugepages: the sizes that this machine has are for the kernel to say.
func (c *conv) hugepages(limits []specs.LinuxHugepageLimit) {
	for i, h := range limits {
		field := fmt.Sprintf("hugepageLimits[%d].pageSize", i)
		c.need("hugetlb", field, h.Pagesize)
		digits := strings.TrimRight(h.Pagesize, "KMGB")
		_, err := strconv.ParseUint(digits, 10, 32)
		switch h.Pagesize[len(digits):] {
		case "KB", "MB", "GB":
		default:
			err = strconv.ErrSyntax
		}
		if err != nil || digits[0] == '0' {
			c.bad(field, h.Pagesize, "expected a size such as 64KB, 2MB or 1GB")
		}
		for _, other := range limits[:i] {
			if other.Pagesize == h.Pagesize {
				c.bad(field, h.Pagesize, "given twice")
			}
		}
		c.out.HugetlbLimit = append(c.out.HugetlbLimit, &cgroups.HugepageLimit{Pagesize: h.Pagesize, Limit: h.Limit})
	}
}

package scc

import (
	"cmp"
	"slices"
	"strings"
)

// Sort puts constraints into the order in which OpenShift tries them (ByPriority of
// apiserver-library-go's util/sort).
func Sort(list []*Constraints) {
	slices.SortStableFunc(list, func(a, b *Constraints) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.score(), b.score()), cmp.Compare(a.Name, b.Name))
	})
}

// score is how much the constraints allow: the lower, the more restrictive. Each step
// is larger than all smaller ones together. seccompProfiles do not count.
func (c *Constraints) score() int {
	score := c.volumeScore() + c.capabilityScore() + strategyScore(c.SELinuxContext) + strategyScore(c.RunAsUser)
	if c.AllowPrivilegedContainer {
		score += 1_600_000
	}
	if c.AllowHostPorts {
		score += 800_000
	}
	if c.AllowHostNetwork {
		score += 400_000
	}
	return score
}

// strategyScore is for runAsUser and seLinuxContext, whose types have the same names.
func strategyScore(name string) int {
	switch name {
	case "RunAsAny":
		return 40_000
	case "MustRunAsNonRoot":
		return 30_000
	case "MustRunAsRange":
		return 20_000
	case "MustRunAs":
		return 10_000
	}
	return 0
}

// trivialVolumes are those that do not count.
const trivialVolumes = " secret configMap emptyDir downwardAPI projected none "

// volumeScore looks at the volumes as they are stored: allowHostDirVolumePlugin adds or
// removes hostPath, and volumes that are not set are all.
func (c *Constraints) volumeScore() int {
	switch {
	case c.AllowHostDirVolumePlugin:
		return 200_000
	case c.Volumes == nil:
		return 100_000
	}
	for _, v := range c.Volumes {
		if v != "hostPath" && !strings.Contains(trivialVolumes, " "+v+" ") {
			return 100_000
		}
	}
	return 0
}

func (c *Constraints) capabilityScore() int {
	score := 5000 + 300*len(c.DefaultAddCapabilities)
	if has(c.AllowedCapabilities, "*") || has(c.AllowedCapabilities, "ALL") {
		score += 4000
	} else {
		score += 10 * len(c.AllowedCapabilities)
	}
	if has(c.RequiredDropCapabilities, "ALL") {
		score -= 3000
	} else {
		score -= 50 * len(c.RequiredDropCapabilities)
	}
	return min(max(score, 0), 9999)
}

func has(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.ToUpper(s) == name })
}

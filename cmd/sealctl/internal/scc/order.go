package scc

import (
	"cmp"
	"slices"
	"strings"

	securityv1 "github.com/openshift/api/security/v1"
	corev1 "k8s.io/api/core/v1"
)

// Sort puts constraints into the order in which OpenShift tries them (ByPriority of
// apiserver-library-go's util/sort).
func Sort(list []*Constraints) {
	slices.SortStableFunc(list, func(a, b *Constraints) int {
		return cmp.Or(cmp.Compare(priority(b), priority(a)), cmp.Compare(score(a), score(b)), cmp.Compare(a.Name, b.Name))
	})
}

// score is how much the constraints allow: the lower, the more restrictive. Each step
// is larger than all smaller ones together. seccompProfiles do not count.
func score(c *Constraints) int {
	score := volumeScore(c) + capabilityScore(c) + strategyScore(string(c.SELinuxContext.Type)) + strategyScore(string(c.RunAsUser.Type))
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
	switch securityv1.RunAsUserStrategyType(name) {
	case securityv1.RunAsUserStrategyRunAsAny:
		return 40_000
	case securityv1.RunAsUserStrategyMustRunAsNonRoot:
		return 30_000
	case securityv1.RunAsUserStrategyMustRunAsRange:
		return 20_000
	case securityv1.RunAsUserStrategyMustRunAs:
		return 10_000
	}
	return 0
}

// trivialVolumes are those that do not count.
var trivialVolumes = []securityv1.FSType{securityv1.FSTypeSecret, securityv1.FSTypeConfigMap, securityv1.FSTypeEmptyDir,
	securityv1.FSTypeDownwardAPI, securityv1.FSProjected, securityv1.FSTypeNone}

// volumeScore looks at the volumes as they are stored: allowHostDirVolumePlugin adds or
// removes hostPath, and volumes that are not set are all.
func volumeScore(c *Constraints) int {
	switch {
	case c.AllowHostDirVolumePlugin:
		return 200_000
	case c.Volumes == nil:
		return 100_000
	}
	for _, v := range c.Volumes {
		if v != securityv1.FSTypeHostPath && !slices.Contains(trivialVolumes, v) {
			return 100_000
		}
	}
	return 0
}

func capabilityScore(c *Constraints) int {
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

func has(list []corev1.Capability, name string) bool {
	return slices.ContainsFunc(list, func(c corev1.Capability) bool { return strings.ToUpper(string(c)) == name })
}

package systemd

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// AnnotationPrefix begins the annotations that set properties of the unit. runc
// and crun have it too, podman and CRI-O write it.
const AnnotationPrefix = "org.systemd.property."

// settable are the properties that annotations may set, with their types: those
// that say how a unit is ordered, stopped, shown and forgotten. Where the
// container's processes go and what limits they have is config.json's own to say.
var settable = [...]struct{ name, kind string }{
	{"After", "as"},
	{"Before", "as"},
	{"CollectMode", "s"},
	{"DefaultDependencies", "b"},
	{"Description", "s"},
	{"KillSignal", "i"},
	{"ManagedOOMMemoryPressure", "s"},
	{"ManagedOOMMemoryPressureLimit", "u"},
	{"ManagedOOMPreference", "s"},
	{"ManagedOOMSwap", "s"},
	{"OOMPolicy", "s"},
	{"PartOf", "as"},
	{"RuntimeMaxUSec", "t"},
	{"SendSIGHUP", "b"},
	{"SendSIGKILL", "b"},
	{"TimeoutStopUSec", "t"},
}

// Annotated returns the properties that annotations set, in the order of their
// names. A value is in the text format of GVariant, and has to be of the
// property's type: uint64 5000000, 'inactive-or-failed', true, ['a.service'].
// Times may also be given in seconds, as systemd's manual pages have them:
// TimeoutStopSec with any number is TimeoutStopUSec. Errors name the annotation.
func Annotated(annotations map[string]string) ([]Property, error) {
	var out []Property
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		name, ok := strings.CutPrefix(key, AnnotationPrefix)
		if !ok {
			continue
		}
		p, err := annotated(name, annotations[key])
		p.Field = "annotations[" + quote(key) + "]"
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", p.Field, quote(annotations[key]), err)
		}
		if slices.ContainsFunc(out, func(o Property) bool { return o.Name == p.Name }) {
			return nil, fmt.Errorf("%s: another annotation sets %s too", p.Field, p.Name)
		}
		out = append(out, p)
	}
	return out, nil
}

func annotated(name, text string) (Property, error) {
	seconds := false
	if stem, ok := strings.CutSuffix(name, "Sec"); ok && !strings.HasSuffix(name, "USec") {
		name, seconds = stem+"USec", true
	}
	i := slices.IndexFunc(settable[:], func(s struct{ name, kind string }) bool { return s.name == name })
	if i < 0 {
		names := make([]string, len(settable))
		for i, s := range settable {
			names[i] = s.name
		}
		return Property{}, errors.New("expected one of the properties " + strings.Join(names, ", "))
	}
	p := Property{Name: name}
	var err error
	switch kind := settable[i].kind; {
	case seconds && kind == "t":
		p.Value, err = parseSeconds(text)
	default:
		p.Value, err = parseValue(text, kind)
	}
	return p, err
}

// parseSeconds reads a number of any type as microseconds.
func parseSeconds(text string) (uint64, error) {
	v, err := parseNumber(text)
	if err != nil {
		return 0, err
	}
	us := v * 1e6
	if !(us >= 0 && us < math.MaxUint64) {
		return 0, errors.New("expected a number of seconds")
	}
	return uint64(math.Round(us)), nil
}

package main

import (
	"math"
	"slices"
)

// quantile returns the value below which the fraction q of the values lies,
// interpolated between neighbours; q = 0.5 is the median. values is not empty.
func quantile(values []float64, q float64) float64 {
	v := slices.Clone(values)
	slices.Sort(v)
	pos := q * float64(len(v)-1)
	low := int(math.Floor(pos))
	if low == len(v)-1 {
		return v[low]
	}
	return v[low] + (pos-float64(low))*(v[low+1]-v[low])
}

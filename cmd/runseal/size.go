package main

import (
	"math"
	"strconv"
	"strings"
)

// parseSize reads a number of bytes as runc's flags have it: 104857600, 100M, 1.5g,
// 64 KiB; units are powers of 1024 in every spelling. -1, and no other negative
// number, is what the caller takes it for.
func parseSize(text string) (n int64, ok bool) {
	if text == "-1" {
		return -1, true
	}
	digits := strings.TrimLeft(text, "0123456789")
	fraction := ""
	whole := text[:len(text)-len(digits)]
	if rest, point := strings.CutPrefix(digits, "."); point {
		digits = strings.TrimLeft(rest, "0123456789")
		fraction = rest[:len(rest)-len(digits)]
		if fraction == "" {
			return 0, false
		}
	}
	shift, ok := unitShift(strings.ToLower(strings.TrimPrefix(digits, " ")))
	if !ok || whole == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > math.MaxInt64>>shift {
		return 0, false
	}
	n <<= shift
	if fraction != "" {
		part, err := strconv.ParseFloat("0."+fraction, 64)
		if err != nil {
			return 0, false
		}
		n += int64(part * float64(int64(1)<<shift))
	}
	return n, n >= 0
}

// unitShift is the power of two of a unit: "", "b", "k", "kb", "kib" and so on.
func unitShift(unit string) (shift uint, ok bool) {
	if unit == "" || unit == "b" {
		return 0, true
	}
	i := strings.IndexByte("kmgtp", unit[0])
	if i < 0 || unit[1:] != "" && unit[1:] != "b" && unit[1:] != "ib" {
		return 0, false
	}
	return uint(i+1) * 10, true
}

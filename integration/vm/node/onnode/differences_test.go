package onnode

// differences are the lines in which runseal may differ from runc, each for a reason.
var differences = []struct {
	scenario, key string // regular expressions for the whole name
	line          string // the same; "-" begins a line of runc's, "+" one of the other's
	why           string
}{}

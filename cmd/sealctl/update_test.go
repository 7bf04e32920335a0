package main

import "flag"

var update = flag.Bool("update", false, "rewrite the reference in docs")

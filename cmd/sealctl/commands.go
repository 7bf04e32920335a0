package main

import "github.com/urfave/cli/v2"

// commands are the verbs in the order of the help, each in a file of its own.
func commands() []*cli.Command {
	return []*cli.Command{
		// Reading profiles.
		listCommand(),
		explainCommand(),
		diffCommand(),
		lintCommand(),
		reportCommand(),

		// Writing profiles.
		resolveCommand(),
		mergeCommand(),
		intersectCommand(),
		convertCommand(),

		// Processes and containers.
		psCommand(),
		inspectCommand(),
		verifyCommand(),

		// Kubernetes.
		podCommand(),
		sccCommand(),

		// Filters.
		compileCommand(),
		disasmCommand(),
		graphCommand(),

		completionCommand(),
		versionCommand(),
	}
}

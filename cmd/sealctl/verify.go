package main

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/runseal/runseal/cmd/sealctl/internal/enforced"
	"github.com/runseal/runseal/cmd/sealctl/internal/procs"
	"github.com/runseal/runseal/cmd/sealctl/internal/style"
	"github.com/runseal/runseal/seccomp"
)

// verifyCommand proves that a process has the filter of a profile.
func verifyCommand() *cli.Command {
	return comparing(&cli.Command{
		Name:      "verify",
		Usage:     "prove that the filter of a process is what its profile says",
		ArgsUsage: "PID|CONTAINER",
		Description: "The filter is read back from the kernel, whoever installed it, and proved to decide all calls with all\n" +
			"arguments as the profile says, or a call is printed for which it does not. A number is the id of a\n" +
			"process or thread; anything else is a container of runseal below --root, or of another runtime by its id\n" +
			"or the beginning of it (sealctl ps). Its config.json has the profile, under runseal together with what the\n" +
			"node policy was at create, unless --profile names another.\n\n" + profileHelp + "\n\n" +
			"What other runtimes do in their own way is no difference for their containers, but said: calls of other\n" +
			"architectures kill the thread, names that their libseccomp does not know count as newer than the profile,\n" +
			"on 32-bit ARM and x32 newer calls get the default and not ENOSYS, and rules for IPC calls meet only version 0\n" +
			"of ipc(2). --exact and --kill-thread make no such allowance.\n\n" +
			"The proof is about the filter. The kernel asks none about uretprobe and uprobe (335 and 336 on x86_64).\n\n" +
			"Reading stops the process for a moment, and needs CAP_SYS_ADMIN in the initial user namespace. A process\n" +
			"with several filters is an error: what they decide together is not compared.\n\n" +
			"   sealctl verify web\n" +
			"   sealctl verify --profile profile.json 4711\n" +
			"   sealctl verify --profile default.json --kill-thread \"$(crictl inspect -o go-template --template '{{.info.pid}}' ID)\"\n\n" +
			"The exit status is 0 if it is proved, 1 if there is a difference, and 2 if anything failed.",
		Flags: profileFlags(
			&cli.StringFlag{Name: "profile", Usage: "the `PROFILE` to compare with"},
			&cli.BoolFlag{Name: "exact", Usage: "make no allowance for what other runtimes than runseal do in their own way"},
			&cli.BoolFlag{Name: "kill-thread", Usage: "expect calls of architectures that are not listed to kill the thread, as under runc, not the process, " +
				"and take its way with newer calls on 32-bit ARM and x32 and with versions of ipc(2); otherwise like --exact"},
			rootFlag(),
		),
	}, func(c *cli.Context) (bool, error) {
		if c.NArg() != 1 {
			return false, fmt.Errorf("verify takes one PID or CONTAINER, got %d arguments", c.NArg())
		}
		p, err := findProcess(c.Args().First(), c.String("root"))
		if err != nil {
			return false, err
		}
		want, err := expect(c, p)
		if err != nil {
			return false, err
		}
		filters, err := p.filters()
		if err != nil {
			return false, err
		}
		bar := startProgress(c, "proving", 0)
		found, err := filterDifference(filters, want.policy, want.said)
		if err == nil && found != "" {
			found, want.said, err = want.allow(c, p, filters, found)
		}
		bar.Done()
		if err != nil {
			return false, fmt.Errorf("%s: %w", p, err)
		}
		paint := style.From(c.App.Writer)
		switch {
		case found != "":
			_, err = fmt.Fprintf(c.App.Writer, "%s: %s\n", p, paint.Actions(found))
		case want.policy == nil:
			_, err = fmt.Fprintf(c.App.Writer, "%s: it has no filter, and %s\n", p, want.said)
		default:
			_, err = fmt.Fprintf(c.App.Writer, "%s: %s its filter (%d instructions) decides all calls as %s\n",
				p, paint.Good("proved:"), len(filters[0].Instructions), want.said)
		}
		return found != "", err
	})
}

// expectation is what a process should have.
type expectation struct {
	policy  *seccomp.Policy     // nil: no filter
	profile *specs.LinuxSeccomp // of policy, unless it is of a node policy
	said    string              // who says so, in words
}

func expect(c *cli.Context, p *process) (want expectation, err error) {
	want.profile = p.profile
	switch name := c.String("profile"); {
	case name != "":
		if want.profile, err = readProfile(name, c.App.Reader, profileOptions(c)); err != nil {
			return want, err
		}
	case p.container == "":
		return want, errors.New("--profile: missing, expected a profile to compare the process with")
	case p.config.err != nil:
		return want, fmt.Errorf("%s: %w; expected that or --profile", p, p.config.err)
	case p.seal != nil && p.seal.Policy() == nil:
		return expectation{said: p.saidBySeal("decided so")}, nil
	case p.seal != nil:
		return expectation{policy: p.seal.Policy(), said: p.saidBySeal("say")}, nil
	}
	if want.profile == nil {
		return expectation{said: "its config.json has no linux.seccomp"}, nil
	}
	want.said = "the profile says"
	name := called(c.String("profile"))
	if name == "" {
		name = p.config.path
	}
	want.policy, err = newPolicy(c, name, want.profile)
	return want, err
}

// allow looks again at a difference that was found, for what the container's runtime,
// if it is not runseal, does in its own way.
func (want *expectation) allow(c *cli.Context, p *process, filters []seccomp.InstalledFilter, found string) (different, said string, err error) {
	if c.Bool("kill-thread") && want.profile != nil && len(filters) == 1 {
		as := seccomp.Options{Strict: c.Bool("strict-seccomp"), KillThread: true, AsRunc: true}
		policy, err := seccomp.NewPolicy(want.profile, as)
		if err != nil {
			return found, want.said, err
		}
		if different, err := filterDifference(filters, policy, want.said); err == nil && different == "" {
			return "", want.said + matchText(&enforced.Match{AsRunc: true}), nil
		}
		return found, want.said, nil
	}
	other := p.runtime != "" && p.runtime != procs.Runseal
	if !other || c.Bool("exact") || want.profile == nil || len(filters) != 1 {
		return found, want.said, nil
	}
	m, err := enforced.Matches(filters[0], want.profile)
	if err != nil {
		return found, want.said, err
	}
	if m != nil {
		return "", want.said + matchText(m), nil
	}
	// What was found may be one of the things that are allowed, in front of one that is not.
	err = enforced.Difference(filters[0], want.profile)
	if c := (*seccomp.Counterexample)(nil); errors.As(err, &c) || errors.Is(err, enforced.ErrLog) {
		return err.Error(), want.said, nil
	}
	return found, want.said, err
}

// saidBySeal names the node policy's part in what a container has.
func (p *process) saidBySeal(verb string) string {
	return fmt.Sprintf("its config.json and the node policy %s (%s)", verb, p.seal.Decision)
}

// filterDifference returns what is different between filters in force and a policy,
// in words; "" is a proof that nothing is. An error is neither. said is who wants no
// filter if policy is nil.
func filterDifference(filters []seccomp.InstalledFilter, policy *seccomp.Policy, said string) (string, error) {
	switch {
	case len(filters) == 0 && policy == nil:
		return "", nil
	case policy == nil:
		return fmt.Sprintf("it has %d filters, but %s", len(filters), said), nil
	case len(filters) == 0:
		return "it has no filter, but there is a profile", nil
	case len(filters) > 1:
		return "", fmt.Errorf("it has %d filters, expected one: what they decide together is not compared with a profile", len(filters))
	}
	err := seccomp.Verify(filters[0].Instructions, policy)
	if c := (*seccomp.Counterexample)(nil); errors.As(err, &c) {
		if c.Got == seccomp.KillThread && c.Want == seccomp.KillProcess {
			return c.Error() + " (as libseccomp has it for architectures that are not listed; --kill-thread expects that)", nil
		}
		return c.Error(), nil
	}
	if err != nil {
		return "", err
	}
	want, err := policy.Compile()
	if err != nil {
		return "", err
	}
	const log = unix.SECCOMP_FILTER_FLAG_LOG // the one flag that the kernel keeps
	switch has, should := filters[0].Flags&log != 0, want.Flags&log != 0; {
	case has && !should:
		return "the filter decides as the profile says, but has SECCOMP_FILTER_FLAG_LOG, which the profile has not", nil
	case should && !has:
		return "the filter decides as the profile says, but lacks the profile's SECCOMP_FILTER_FLAG_LOG", nil
	}
	return "", nil
}

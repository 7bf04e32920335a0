// Package notify tests SCMP_ACT_NOTIFY in real containers: an agent in the test gets
// the listener of each process from the runtime, and answers its calls by package
// seccomp/notify; and what happens when the agent is missing, slow or dies.
package notify

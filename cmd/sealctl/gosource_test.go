package main

import (
	"flag"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/runseal/runseal/seccomp/arch"
	"github.com/runseal/runseal/seccomp/bpf"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const goProfile = `{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"flags":["SECCOMP_FILTER_FLAG_LOG"],"syscalls":[
	{"names":["execve","read"],"action":"SCMP_ACT_ALLOW"},
	{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":4294967297,"op":"SCMP_CMP_NE"}]}]}`

func TestCompileGoGolden(t *testing.T) {
	if arch.Native != "SCMP_ARCH_X86_64" {
		t.Skip("the golden file is for x86_64, since the native architecture comes first")
	}
	status, got, stderr := sealctl(goProfile, "compile", "-o", "go", "--package", "sandbox", "-")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	const file = "testdata/filter.go.golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("not what %s has:\n%s", file, got)
	}
}

// The file is as gofmt has it, has the filter's instructions, and compiles.
func TestCompileGo(t *testing.T) {
	for _, name := range []string{"docker/default", "containerd/default"} {
		_, source, stderr := sealctl("", "compile", "-o", "go", name)
		formatted, err := format.Source([]byte(source))
		if err != nil {
			t.Fatal(err, stderr)
		}
		if string(formatted) != source {
			t.Errorf("%s: gofmt would change the file:\n%s", name, formatted)
		}
		_, raw, _ := sealctl("", "compile", "-o", "raw", name)
		want, err := readProgram("-", strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		got := instructionsOf(t, source)
		if len(got) != len(want) || len(got) < 100 {
			t.Fatalf("%s: %d instructions, want %d", name, len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: instruction %d is %v, want %v", name, i, got[i], want[i])
			}
		}
	}
}

// instructionsOf reads the literals of a source file.
func instructionsOf(t *testing.T, source string) (list []bpf.Instruction) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "filter.go", source, parser.AllErrors)
	if err != nil {
		t.Fatal(err)
	}
	if file.Name.Name != "main" {
		t.Errorf("package %s", file.Name.Name)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || lit.Type != nil {
			return true
		}
		members := map[string]uint64{}
		for _, e := range lit.Elts {
			pair := e.(*ast.KeyValueExpr)
			v, err := strconv.ParseUint(pair.Value.(*ast.BasicLit).Value, 0, 32)
			if err != nil {
				t.Fatal(err)
			}
			members[pair.Key.(*ast.Ident).Name] = v
		}
		list = append(list, bpf.Instruction{Op: uint16(members["Code"]), Jt: uint8(members["Jt"]), Jf: uint8(members["Jf"]), K: uint32(members["K"])})
		return true
	})
	return list
}

// The compiler takes the file, and vet has nothing to say.
func TestCompileGoVet(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go in PATH")
	}
	_, source, _ := sealctl(goProfile, "compile", "-o", "go", "-")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"filter.go": source,
		"main.go":   "package main\n\nfunc main() { println(len(filter), filterFlags) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(tool, "vet", filepath.Join(dir, "filter.go"), filepath.Join(dir, "main.go")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

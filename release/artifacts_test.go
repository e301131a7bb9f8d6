//go:build artifacts

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/platformctl/platformctl/internal/testenv"
)

// artifact is what goreleaser made, as dist/artifacts.json lists it.
type artifact struct {
	Name, Path, Type string
	OS               string `json:"goos"`
	Arch             string `json:"goarch"`
}

func (a artifact) file() string { return filepath.Join("..", a.Path) }

// built are the artifacts of a type.
func built(t *testing.T, kind string) (found []artifact) {
	t.Helper()
	text, err := os.ReadFile("../dist/artifacts.json")
	if err != nil {
		t.Fatalf("%v; make release-snapshot makes it", err)
	}
	var all []artifact
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Type == kind {
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		t.Fatalf("dist has no %s", kind)
	}
	return found
}

// TestArchives_Complete looks for all that an archive promises, and at the binary in it.
func TestArchives_Complete(t *testing.T) {
	for _, archive := range built(t, "Archive") {
		t.Run(archive.Name, func(t *testing.T) {
			read, ending, binary := readTar, ".tar.gz", "platformctl"
			if archive.OS == "windows" {
				read, ending, binary = readZip, ".zip", "platformctl.exe"
			}
			if !strings.HasSuffix(archive.Name, archive.OS+"_"+archive.Arch+ending) {
				t.Errorf("it is not named *_%s_%s%s", archive.OS, archive.Arch, ending)
			}
			files := read(t, archive.file())
			wanted := []string{"LICENSE", "README.md", "CONTRIBUTING.md", "docs/operations.md", "configs/aws.yaml", "man/platformctl.1", "man/platformctl-up.1",
				"completions/platformctl.bash", "completions/platformctl.zsh", "completions/platformctl.fish", "completions/platformctl.ps1"}
			for _, name := range wanted {
				if len(files[name]) == 0 {
					t.Errorf("%s is not in it", name)
				}
			}
			info := ofThisCommit(t, files[binary])
			if setting(info, "GOOS") != archive.OS || setting(info, "GOARCH") != archive.Arch {
				t.Errorf("its binary is for %s/%s", setting(info, "GOOS"), setting(info, "GOARCH"))
			}
		})
	}
}

// TestBills_MatchBinaries compares each bill of materials with what the linker noted in its binary.
func TestBills_MatchBinaries(t *testing.T) {
	bills, binaries := built(t, "SBOM"), built(t, "Binary")
	if len(bills) != len(binaries) {
		t.Errorf("%d bills for %d binaries", len(bills), len(binaries))
	}
	for _, binary := range binaries {
		i := slices.IndexFunc(bills, func(b artifact) bool { return strings.HasSuffix(b.Name, "_"+binary.OS+"_"+binary.Arch+".cdx.json") })
		if i < 0 {
			t.Errorf("no bill for %s", binary.Path)
			continue
		}
		info, err := buildinfo.ReadFile(binary.file())
		if err != nil {
			t.Fatal(err)
		}
		bill := readBill(t, bills[i])
		listed := map[string]string{}
		for _, c := range *bill.Components {
			listed[c.Name] = c.Version
		}
		for _, module := range info.Deps {
			if listed[module.Path] != module.Version {
				t.Errorf("%s has %s %s, its bill %q", binary.Path, module.Path, module.Version, listed[module.Path])
			}
		}
		if len(listed) != len(info.Deps)+1 || listed["std"] == "" || bill.Metadata.Component.Version != info.Main.Version {
			t.Errorf("%s %s has %d modules, its bill %d with the standard library, for %s",
				binary.Path, info.Main.Version, len(info.Deps), len(listed), bill.Metadata.Component.Version)
		}
	}
}

func readBill(t *testing.T, a artifact) (bill cdx.BOM) {
	t.Helper()
	file, err := os.Open(a.file())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := cdx.NewBOMDecoder(file, cdx.BOMFileFormatJSON).Decode(&bill); err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	return bill
}

// TestChecksums_CoverAllPublished adds up all that is published.
func TestChecksums_CoverAllPublished(t *testing.T) {
	sums := map[string]string{}
	text, err := os.ReadFile(built(t, "Checksum")[0].file())
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			t.Fatalf("a line that is none: %q", line)
		}
		sums[name] = sum
	}
	published := slices.Concat(built(t, "Archive"), built(t, "Linux Package"), built(t, "SBOM"))
	for _, a := range published {
		content, err := os.ReadFile(a.file())
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if sums[a.Name] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: its sum is %x, the file says %q", a.Name, sum, sums[a.Name])
		}
	}
	if len(sums) != len(published) {
		t.Errorf("%d sums for %d files", len(sums), len(published))
	}
}

// TestDeb_Installs installs the package, as dpkg does, into a directory instead of this machine, and runs what it installed.
func TestDeb_Installs(t *testing.T) {
	dpkg, deb := testenv.Program(t, "dpkg"), testenv.Program(t, "dpkg-deb")
	for _, p := range packages(t, "deb") {
		t.Run(p.Name, func(t *testing.T) {
			fields := output(t, deb, "--field", p.file())
			for _, want := range []string{"Package: platformctl", "Architecture: " + p.Arch, "Section: admin", "Suggests: nginx"} {
				if !strings.Contains("\n"+fields, "\n"+want+"\n") {
					t.Errorf("no %q in:\n%s", want, fields)
				}
			}
			root := t.TempDir()
			database := filepath.Join(root, "var/lib/dpkg")
			for _, dir := range []string{"info", "updates", "triggers"} {
				if err := os.MkdirAll(filepath.Join(database, dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(database, "status"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			output(t, dpkg, "--root", root, "--log", filepath.Join(root, "log"), "--force-not-root", "--force-architecture", "--install", p.file())
			for _, name := range []string{
				"usr/bin/platformctl", "usr/share/doc/platformctl/copyright", "usr/share/doc/platformctl/README.md",
				"usr/share/doc/platformctl/docs/operations.md", "usr/share/doc/platformctl/configs/aws.yaml",
				"usr/share/bash-completion/completions/platformctl", "usr/share/zsh/vendor-completions/_platformctl",
				"usr/share/fish/vendor_completions.d/platformctl.fish", "usr/share/man/man1/platformctl.1.gz", "usr/share/man/man1/platformctl-up.1.gz",
			} {
				if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
			installed := filepath.Join(root, "usr/bin/platformctl")
			content, err := os.ReadFile(installed)
			if err != nil {
				t.Fatal(err)
			}
			info := ofThisCommit(t, content)
			if p.OS == runtime.GOOS && p.Arch == runtime.GOARCH {
				if said := output(t, installed, "version"); !strings.Contains(said, info.Main.Version) {
					t.Errorf("version says %q, want %s", said, info.Main.Version)
				}
			}
		})
	}
}

// TestRPM_Contents has rpm read its package. To install one into a directory, it would have to be root.
func TestRPM_Contents(t *testing.T) {
	rpm := testenv.Program(t, "rpm")
	for _, p := range packages(t, "rpm") {
		t.Run(p.Name, func(t *testing.T) {
			output(t, rpm, "--checksig", "--nosignature", p.file())
			said := output(t, rpm, "--query", "--package", "--queryformat", "%{NAME} %{ARCH} %{LICENSE}\n", p.file())
			if want := "platformctl " + map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[p.Arch] + " Apache-2.0\n"; said != want {
				t.Errorf("got %q, want %q", said, want)
			}
			files := map[string]string{}
			for line := range strings.Lines(output(t, rpm, "--query", "--package", "--queryformat", "[%{FILEMODES:perms} %{FILENAMES}\n]", p.file())) {
				mode, name, _ := strings.Cut(strings.TrimSpace(line), " ")
				files[name] = mode
			}
			for name, mode := range map[string]string{
				"/usr/bin/platformctl": "-rwxr-xr-x", "/usr/share/licenses/platformctl/LICENSE": "-rw-r--r--",
				"/usr/share/doc/platformctl/README.md": "-rw-r--r--", "/usr/share/doc/platformctl/docs/operations.md": "-rw-r--r--",
				"/usr/share/doc/platformctl/configs/aws.yaml":           "-rw-r--r--",
				"/usr/share/bash-completion/completions/platformctl":    "-rw-r--r--",
				"/usr/share/zsh/site-functions/_platformctl":            "-rw-r--r--",
				"/usr/share/fish/vendor_completions.d/platformctl.fish": "-rw-r--r--",
				"/usr/share/man/man1/platformctl.1.gz":                  "-rw-r--r--", "/usr/share/man/man1/platformctl-up.1.gz": "-rw-r--r--",
			} {
				if files[name] != mode {
					t.Errorf("%s has the mode %q, want %s", name, files[name], mode)
				}
			}
		})
	}
}

func packages(t *testing.T, format string) (found []artifact) {
	t.Helper()
	for _, p := range built(t, "Linux Package") {
		if path.Ext(p.Name) == "."+format {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		t.Fatalf("dist has no %s", format)
	}
	return found
}

// ofThisCommit reads what a binary says of itself: that it was made of the commit that is checked out, and of nothing else.
func ofThisCommit(t *testing.T, binary []byte) *debug.BuildInfo {
	t.Helper()
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		t.Fatalf("it is no binary: %v", err)
	}
	head := strings.TrimSpace(output(t, "git", "rev-parse", "HEAD"))
	if got := setting(info, "vcs.revision"); got != head {
		t.Errorf("it is of the commit %q, want %s", got, head)
	}
	if setting(info, "-trimpath") != "true" || setting(info, "CGO_ENABLED") != "0" {
		t.Errorf("it was not built to be the same everywhere: %v", info.Settings)
	}
	return info
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		t.Fatalf("%s %q: %v", program, args, err)
	}
	return string(out)
}

func readTar(t *testing.T, name string) map[string][]byte {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uname != "root" {
			t.Errorf("%s belongs to %q", header.Name, header.Uname)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

func readZip(t *testing.T, name string) map[string][]byte {
	t.Helper()
	archive, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	files := map[string][]byte{}
	for _, entry := range archive.File {
		content, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[entry.Name], err = io.ReadAll(content); err != nil {
			t.Fatal(err)
		}
		content.Close()
	}
	return files
}

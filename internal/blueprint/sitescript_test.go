package blueprint_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/testenv"
)

func siteConfig() config.Config {
	cfg := config.Default()
	cfg.Web.Site = "public"
	return cfg
}

// instance is a directory in which the instances' script runs with the machine's own shell and tools. Its aws, nginx and systemctl are
// stubs: the bucket is a directory, and what nginx was told is in a file.
type instance struct {
	t   *testing.T
	dir string
}

const awsStub = `#!/bin/bash
if [ -e "$D/denied" ]; then echo "An error occurred (AccessDenied) when calling the operation: Access Denied" >&2; exit 254; fi
case "$1 $2" in
"s3api get-object")
  tag="\"$(sha256sum <"$D/bucket/site/pointer" | cut -c1-32)\""
  if [ "$7" = --if-none-match ] && [ "$8" = "$tag" ]; then echo "An error occurred (304) when calling the GetObject operation: Not Modified" >&2; exit 254; fi
  cp "$D/bucket/site/pointer" "${@: -1}" && echo "$tag" ;;
"s3 cp")
  cp "$D/bucket/${4#s3://*/}" "$5" ;;
"s3api put-object")
  echo x >>"$D/reports"; mkdir -p "$(dirname "$D/bucket/$6")"; cp "$8" "$D/bucket/$6" ;;
esac
`

func newInstance(t *testing.T) *instance {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the script is for Linux, with GNU's tools")
	}
	for _, program := range []string{"bash", "tar", "sha256sum"} {
		testenv.Program(t, program)
	}
	i := &instance{t, t.TempDir()}
	for name, text := range map[string]string{
		"bin/aws":       awsStub,
		"bin/nginx":     "#!/bin/bash\nif [ -e \"$D/refuse\" ]; then echo 'nginx: [emerg] no' >&2; exit 1; fi\n",
		"bin/systemctl": "#!/bin/bash\nif [ -e \"$D/stuck\" ]; then echo 'Job failed' >&2; exit 1; fi\nreadlink \"$D/www/current\" >>\"$D/reloads\"\n",
		"www/releases/none/.platformctl/release.conf": "return 503;\n",
		"etc/nginx.conf": "include " + i.dir + "/www/current/x;\n",
	} {
		i.write(name, text, 0o755)
	}
	if err := os.Symlink("releases/none", filepath.Join(i.dir, "www/current")); err != nil {
		t.Fatal(err)
	}
	i.write("run/.keep", "", 0o600)
	var doc struct {
		WriteFiles []struct{ Path, Content string } `yaml:"write_files"`
	}
	data := strings.NewReplacer("{{ v1.region }}", "us-east-1", "{{ ds.dynamic.instance_identity.document.accountId }}", "123456789012").Replace(asOnInstance(userData(t, siteConfig())))
	if err := yaml.Unmarshal([]byte(data), &doc); err != nil {
		t.Fatal(err)
	}
	for _, f := range doc.WriteFiles {
		if f.Path == "/etc/platformctl/site" {
			i.write("script", strings.NewReplacer("/srv/www", i.dir+"/www", "/run/platformctl-site", i.dir+"/run", "/etc/nginx/nginx.conf", i.dir+"/etc/nginx.conf").Replace(f.Content), 0o755)
		}
	}
	return i
}

func (i *instance) write(name, text string, mode os.FileMode) {
	i.t.Helper()
	name = filepath.Join(i.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), mode)); err != nil {
		i.t.Fatal(err)
	}
}

func (i *instance) read(name string) string {
	b, _ := os.ReadFile(filepath.Join(i.dir, name))
	return string(b)
}

func (i *instance) remove(name string) { _ = os.RemoveAll(filepath.Join(i.dir, name)) }

// look is what the timer does. Programs stand before those of the machine.
func (i *instance) look() string {
	i.t.Helper()
	command := exec.CommandContext(i.t.Context(), "bash", filepath.Join(i.dir, "script"))
	command.Env = append(os.Environ(), "D="+i.dir, "PATH="+filepath.Join(i.dir, "bin")+":"+os.Getenv("PATH"))
	out, _ := command.CombinedOutput()
	return string(out)
}

// release puts an archive into the bucket, and returns its ID.
func (i *instance) release(page string) string {
	i.t.Helper()
	i.write("site/index.html", page, 0o644)
	i.write("site/.platformctl/http.conf", "", 0o644)
	i.write("site/.platformctl/site.conf", "", 0o644)
	i.write("bucket/site/releases/x", "", 0o644)
	out, err := exec.CommandContext(i.t.Context(), "bash", "-c", `cd "$0" && tar --sort=name --mtime=@0 -cf t -C site . && s=$(sha256sum <t | cut -d' ' -f1) && id=${s:0:16} &&
mv t bucket/site/releases/$id.tar && echo "$s  $id.tar" >bucket/site/releases/$id.sha256 && echo -n $id`, i.dir).Output()
	if err != nil {
		i.t.Fatal(err)
	}
	return string(out)
}

func (i *instance) point(lines ...string) {
	i.write("bucket/site/pointer", strings.Join(lines, "\n")+"\n", 0o644)
}

// reported is the last report, without its time.
func (i *instance) reported() string {
	text, _, _ := strings.Cut(i.read("bucket/site/reports/arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0"), "\nat ")
	return text
}

func (i *instance) serves(id, report string) {
	i.t.Helper()
	if link, _ := os.Readlink(filepath.Join(i.dir, "www/current")); link != "releases/"+id {
		i.t.Errorf("serves %s, want %s", link, id)
	}
	if got := i.reported(); !strings.HasPrefix(got, report) {
		i.t.Errorf("report:\n%s\nwant\n%s", got, report)
	}
}

func serving(id string) string { return fmt.Sprintf("release %s\nwanted %[1]s\nstate serving", id) }

func failed(id, wanted, reason string) string {
	return fmt.Sprintf("release %s\nwanted %s\nstate failed\nreason %s", id, wanted, reason)
}

func TestSiteScript_ServesWhatPointerSaysForInstanceZoneAndAll(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	a, b, c := i.release("a"), i.release("b"), i.release("c")
	for _, step := range []struct {
		lines []string
		want  string
	}{
		{[]string{"# by somebody", "* " + a}, a},
		{[]string{"* " + a, "us-east-1a " + b, "us-east-1b " + c}, b},
		{[]string{"* " + a, "us-east-1a " + b, "i-0123456789abcdef0 " + c}, c},
		{[]string{"* " + a, "us-east-1b " + c}, a},
	} {
		i.point(step.lines...)
		out := i.look()
		i.serves(step.want, serving(step.want))
		if out != "" {
			t.Errorf("it says %s", out)
		}
	}
	conf := i.read("www/current/.platformctl/release.conf")
	if want := fmt.Sprintf("root %s/www/releases/%s;\nadd_header X-Platformctl-Release \"%[2]s\" always;\n", i.dir, a); conf != want {
		t.Errorf("release.conf:\n%s", conf)
	}
	before := i.read("reports")
	i.look()
	if i.read("reports") != before || strings.Count(i.read("reloads"), "\n") != 4 {
		t.Errorf("a look that finds nothing new reports, or reloads")
	}
}

func TestSiteScript_KeepsFiveReleases(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	var last string
	for n := range 8 {
		last = i.release(fmt.Sprint(n))
		i.point("* " + last)
		i.look()
	}
	entries, _ := os.ReadDir(filepath.Join(i.dir, "www/releases"))
	if len(entries) != 6 { // with none
		t.Errorf("%d releases are there", len(entries))
	}
	i.serves(last, serving(last))
}

func TestSiteScript_FaultsLeaveOldReleaseAndAreReported(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		make, end func(i *instance, id string)
		reason    string
	}{
		"corrupt object": {
			func(i *instance, id string) { i.write("bucket/site/releases/"+id+".tar", "half", 0o644) },
			func(i *instance, _ string) { i.release("new") },
			"is damaged: its checksum is another",
		},
		"object of another release": {
			func(i *instance, id string) {
				i.write("bucket/site/releases/"+id+".sha256", strings.Repeat("0", 64)+"  x\n", 0o644)
			},
			func(i *instance, _ string) { i.release("new") },
			"is damaged: its checksum is another",
		},
		"no archive": {
			func(i *instance, id string) { i.remove("bucket/site/releases/" + id + ".tar") },
			func(i *instance, _ string) { i.release("new") },
			"can't be fetched: ",
		},
		"disk full": {
			func(i *instance, _ string) {
				i.write("bin/tar", "#!/bin/bash\necho 'tar: ./index.html: Cannot write: No space left on device' >&2\nexit 2\n", 0o755)
			},
			func(i *instance, _ string) { i.remove("bin/tar") },
			"can't be unpacked: tar: ./index.html: Cannot write: No space left on device",
		},
		"configuration": {
			func(i *instance, _ string) { i.write("refuse", "", 0o644) },
			func(i *instance, _ string) { i.remove("refuse") },
			"nginx refuses it: nginx: [emerg] no",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstance(t)
			old := i.release("old")
			i.point("* " + old)
			i.look()
			id := i.release("new")
			fault.make(i, id)
			i.point("* " + id)
			i.look()
			i.serves(old, failed(old, id, fault.reason))
			if i.read("www/incoming/tar") != "" {
				t.Error("what was fetched is left")
			}
			reports := i.read("reports")
			i.look()
			if i.read("reports") != reports {
				t.Error("the next look tries again, before a minute has passed")
			}
			fault.end(i, id)
			i.point("* "+id, "# a minute later")
			i.look()
			i.serves(id, serving(id))
		})
	}
}

func TestSiteScript_ServesOnWhileBucketIsDenied(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	old := i.release("old")
	i.point("* " + old)
	i.look()
	id := i.release("new")
	i.point("* " + id)
	i.write("denied", "", 0o644)
	if out := i.look(); !strings.Contains(out, "what to serve can't be read: An error occurred (AccessDenied)") {
		t.Errorf("the journal has %q", out)
	}
	i.serves(old, serving(old)) // nothing can be reported
	i.remove("denied")
	i.look()
	i.serves(id, serving(id))
}

func TestSiteScript_IsUnhealthyWithoutAnyRelease(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	i.look() // no pointer
	i.serves("none", "release \nwanted \nstate failed\nreason what to serve can't be read")
	i.point("us-east-1b " + strings.Repeat("a", 16))
	i.look()
	i.serves("none", "release \nwanted \nstate failed\nreason the pointer says no release")
	i.point("* ../../../etc")
	i.look()
	i.serves("none", "release \nwanted \nstate failed\nreason the pointer says no release")
}

func TestSiteScript_GoesOnAfterRebootBetweenFetchAndSwitch(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	old := i.release("old")
	i.point("* " + old)
	i.look()
	id := i.release("new")
	i.point("* " + id)
	i.write("bin/sed", "#!/bin/bash\nkill -9 $PPID\n", 0o755) // the script ends here, as by a power cut
	i.look()
	i.serves(old, serving(old))
	i.remove("bin/sed")
	i.remove("run") // as all below /run
	i.write("run/.keep", "", 0o600)
	i.remove("bucket/site/releases/" + id + ".tar") // it isn't fetched again
	i.look()
	i.serves(id, serving(id))
}

func TestSiteScript_ReloadsWhereItWasCutOffBeforeThat(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	id := i.release("new")
	i.point("* " + id)
	i.write("stuck", "", 0o644)
	i.look()
	i.serves(id, failed("", id, "nginx can't be reloaded: Job failed"))
	i.remove("stuck")
	i.look()
	i.serves(id, serving(id))
	if i.read("reloads") != "releases/"+id+"\n" {
		t.Errorf("reloads: %q", i.read("reloads"))
	}
}

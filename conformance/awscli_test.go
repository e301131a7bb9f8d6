//go:build judges

package conformance_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// TestAWSCLI_UsesEveryOperation runs the stories in awscli. Each has a region of its own. Together they must use every operation that the
// local cloud simulates, so that a new one can't come without the AWS CLI's word on it.
//
// Beside testscript's own commands, which see, a story has these:
//
//	aws ARGS…                    must succeed; its output is what save and want look at
//	refused CODE aws ARGS…       must be refused with that error code
//	eventually aws ARGS…         must succeed within a while
//	until PATH VALUE aws ARGS…   must succeed, and give that value within a while
//	save NAME PATH [PREFIX]      sets an environment variable to a value of the output, without a prefix
//	want PATH VALUE              compares a value of the output
//	mail NAME PATTERN            sets an environment variable to what the pattern's group matches in an e-mail that comes within a while
//
// A path such as Vpcs.0.State leads through the output's names and list positions; length at its end is the length of a list.
func TestAWSCLI_UsesEveryOperation(t *testing.T) {
	t.Parallel()
	aws := findAWS(t)
	c := startCloud(t)
	t.Run("stories", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir:             "awscli",
			ContinueOnError: true,
			Setup: func(env *testscript.Env) error {
				env.Setenv("AWS_DEFAULT_OUTPUT", "json")
				env.Setenv("AWS_ENDPOINT_URL", c.Endpoint)
				writeImported(t, env.WorkDir)
				s := &story{aws: &awsSession{awsProgram: aws, dir: env.WorkDir}}
				env.Values[storyKey{}] = s
				env.Defer(func() {
					if err := s.aws.close(); err != nil {
						t.Errorf("end the AWS CLI: %v", err)
					}
				})
				return nil
			},
			Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
				"aws": inStory((*story).run), "refused": inStory((*story).refused), "until": inStory((*story).until),
				"eventually": inStory((*story).eventually),
				"save":       inStory((*story).save), "want": inStory((*story).want),
				"mail": c.mail,
			},
		})
	})
	if t.Failed() {
		return
	}
	if left := c.left(t); len(left) > 0 {
		t.Errorf("after all stories there are still %q", left)
	}
	c.notSimulated(t)
	c.allUsed(t)
	judge(t, c.recording)
}

// mail looks for a text in the e-mails that SNS has sent.
func (c *cloud) mail(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[1])
	for deadline := time.After(patience); ; {
		changed := c.World.Changed()
		mails, err := c.Mails()
		ts.Check(err)
		for _, m := range slices.Backward(mails) {
			if found := pattern.FindStringSubmatch(m.Text); found != nil {
				ts.Setenv(args[0], found[1])
				return
			}
		}
		select {
		case <-changed:
		case <-deadline:
			ts.Fatalf("no e-mail has %s: %+v", pattern, mails)
		}
	}
}

// writeImported writes imported.pem and imported.key: a certificate that issued itself, for stories to import.
func writeImported(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cli.example.com"}, DNSNames: []string{"cli.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "imported.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})))
	writeFile(t, filepath.Join(dir, "imported.key"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
}

// allUsed expects of every operation that it was called and succeeded.
func (c *cloud) allUsed(t *testing.T) {
	t.Helper()
	used := map[string]bool{}
	for _, e := range c.recorded(t) {
		if e.Status < http.StatusMultipleChoices {
			used[e.Service+" "+e.Operation] = true
		}
	}
	unused := slices.DeleteFunc(c.Operations(), func(o wire.Operation) bool { return used[o.Service+" "+o.Name] })
	for _, o := range unused {
		// It has nothing to decode: the local cloud never refuses for lack of permission.
		if o.Service == "sts" && o.Name == "DecodeAuthorizationMessage" {
			continue
		}
		t.Errorf("no story calls %s %s successfully", o.Service, o.Name)
	}
	t.Logf("%d calls of %d operations", len(c.recorded(t)), len(used))
}

// story is a story's own state.
type story struct {
	aws    *awsSession
	output any // of the last command, decoded
}

// storyKey is where testscript keeps it.
type storyKey struct{}

func inStory(command func(s *story, ts *testscript.TestScript, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command can't be negated")
		}
		command(ts.Value(storyKey{}).(*story), ts, args)
	}
}

// run runs the AWS CLI and decodes what it puts out.
func (s *story) run(ts *testscript.TestScript, args []string) {
	if _, err := s.try(ts, args); err != nil {
		ts.Fatalf("%s: %v", shown(args), err)
	}
}

// try does the same, but hands an error to the caller with what the AWS CLI said.
func (s *story) try(ts *testscript.TestScript, args []string) (said string, err error) {
	if s.aws.env == nil {
		s.aws.env = awsEnvironment(ts.Getenv) // with what the story set before its first command
	}
	stdout, stderr, err := s.aws.run(args)
	ts.Logf("%s%s", stdout, stderr)
	s.output = nil
	if err == nil && strings.TrimSpace(stdout) != "" {
		ts.Check(json.Unmarshal([]byte(stdout), &s.output))
	}
	return stderr, err
}

// refusalCode finds the error code in what both versions of the AWS CLI say.
var refusalCode = regexp.MustCompile(`An error occurred \(([A-Za-z0-9.]+)\) when calling the \w+ operation`)

func (s *story) refused(ts *testscript.TestScript, args []string) {
	if len(args) < 3 || args[1] != "aws" {
		ts.Fatalf("usage: refused CODE aws ARGS…")
	}
	said, err := s.try(ts, args[2:])
	if err == nil {
		ts.Fatalf("%s succeeded, want the refusal %s", shown(args[2:]), args[0])
	}
	code := refusalCode.FindStringSubmatch(said)
	if len(code) < 2 || code[1] != args[0] {
		ts.Fatalf("want the refusal %s", args[0])
	}
}

// How long the judges wait for one thing, and how often they look where it is cheap.
const (
	patience = 90 * time.Second
	tick     = 20 * time.Millisecond
)

func (s *story) eventually(ts *testscript.TestScript, args []string) {
	if len(args) < 2 || args[0] != "aws" {
		ts.Fatalf("usage: eventually aws ARGS…")
	}
	for deadline := time.Now().Add(patience); ; {
		if _, err := s.try(ts, args[1:]); err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s is still refused after %v", shown(args[1:]), patience)
		}
	}
}

func (s *story) until(ts *testscript.TestScript, args []string) {
	if len(args) < 4 || args[2] != "aws" {
		ts.Fatalf("usage: until PATH VALUE aws ARGS…")
	}
	for deadline := time.Now().Add(patience); ; {
		s.run(ts, args[3:])
		got, found := lookUp(s.output, args[0])
		if found && got == args[1] {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s is still %q after %v, want %q", args[0], got, patience, args[1])
		}
	}
}

func (s *story) save(ts *testscript.TestScript, args []string) {
	if len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: save NAME PATH [PREFIX]")
	}
	value, found := lookUp(s.output, args[1])
	if !found {
		ts.Fatalf("the output has no %s", args[1])
	}
	if len(args) == 3 {
		value = strings.TrimPrefix(value, args[2])
	}
	ts.Setenv(args[0], value)
}

func (s *story) want(ts *testscript.TestScript, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: want PATH VALUE")
	}
	got, found := lookUp(s.output, args[0])
	if !found {
		ts.Fatalf("the output has no %s", args[0])
	}
	if got != args[1] {
		ts.Fatalf("%s is %q, want %q", args[0], got, args[1])
	}
}

// lengthFollows says whether the path asks for no more than the length of this part: a list that is left out is empty.
func lengthFollows(path, part string) bool { return strings.HasSuffix("."+path, "."+part+".length") }

// lookUp gives the value at a path as text.
func lookUp(value any, path string) (string, bool) {
	for part := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			if value = v[part]; value == nil && !lengthFollows(path, part) {
				return "", false
			}
		case []any:
			if part == "length" {
				value = float64(len(v))
				continue
			}
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return "", false
			}
			value = v[i]
		case nil:
			value = float64(0) // part is length
		default:
			return "", false
		}
	}
	switch v := value.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	text, err := json.Marshal(value)
	return string(text), err == nil
}

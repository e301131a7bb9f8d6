package lab

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// apart is a local cloud in a process of its own: one that can be killed.
type apart struct {
	command []string // runs ServeApart
	setup   setup

	process *exec.Cmd
	alive   io.Closer // the process ends when this does, so that it doesn't outlive this one
	at      hello
}

// setup is what ServeApart is told.
type setup struct {
	Dir, Listen, Latency string
	Faults               faults.Config
	Quotas               world.Quotas
}

func (s setup) open() (*server.Server, error) {
	return server.New(server.Options{Dir: s.Dir, Listen: s.Listen, Latency: s.Latency, Faults: s.Faults, Quotas: s.Quotas, Version: "lab"})
}

// hello is what it answers.
type hello struct {
	Endpoint string // URL
	Objects  string // URL of a list of the world's objects, which no fault hides
}

// ServeApart is the process that [Options.Apart] names. It serves until its standard input ends, and says on its standard
// output where.
func ServeApart(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	var told setup
	if len(args) != 1 {
		return errors.New("a local cloud of the lab is started by the lab")
	}
	if err := json.Unmarshal([]byte(args[0]), &told); err != nil {
		return err
	}
	server, err := told.open()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, server.Close())
	}
	objects := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		all, err := objectsOf(server.World())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(all)
	})}
	go func() { _ = objects.Serve(listener) }() // ends with Close
	defer objects.Close()
	go func() {
		_, _ = io.Copy(io.Discard, in)
		server.Stop()
	}()
	if err := json.NewEncoder(out).Encode(hello{server.Endpoint(), "http://" + listener.Addr().String()}); err != nil {
		return errors.Join(err, server.Close())
	}
	return server.Serve(ctx)
}

// start starts the process, on the port that the last one had.
func (a *apart) start() error {
	told, err := json.Marshal(a.setup)
	if err != nil {
		return err
	}
	a.process = exec.Command(a.command[0], append(slices.Clone(a.command[1:]), string(told))...)
	var said bytes.Buffer
	a.process.Stderr = &said
	if a.alive, err = a.process.StdinPipe(); err != nil {
		return err
	}
	out, err := a.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := a.process.Start(); err != nil {
		return fmt.Errorf("start a local cloud: %w", err)
	}
	if err := json.NewDecoder(out).Decode(&a.at); err != nil {
		a.kill()
		return fmt.Errorf("start a local cloud: %w\n%s", err, said.String())
	}
	at, err := url.Parse(a.at.Endpoint)
	if err != nil {
		a.kill()
		return err
	}
	a.setup.Listen = at.Host
	return nil
}

// kill ends the process as kill -9 does, and returns when it is gone.
func (a *apart) kill() {
	_ = a.process.Process.Kill() // fails only where it has ended
	_ = a.process.Wait()
}

// stop ends it in an orderly way.
func (a *apart) stop() error {
	_ = a.alive.Close()
	if err := a.process.Wait(); err != nil {
		return fmt.Errorf("end a local cloud: %w", err)
	}
	return nil
}

// KillCloud ends the local cloud as kill -9 does. Only for a site with Options.Apart. Until [Site.ReviveCloud] nobody
// answers at its endpoint, and the site can't be closed.
func (s *Site) KillCloud() { s.apart.kill() }

// ReviveCloud starts it again, from what is on disk, at the same endpoint. Its faults are those of the site's options.
func (s *Site) ReviveCloud() error {
	if err := s.apart.start(); err != nil {
		return err
	}
	return s.announce()
}

// Endpoint is the URL of the local cloud itself, behind the proxy.
func (s *Site) Endpoint() string {
	if s.apart != nil {
		return s.apart.at.Endpoint
	}
	return s.Cloud.Endpoint()
}

// Status is what the local cloud says of itself.
func (s *Site) Status(ctx context.Context) (status endpoint.Status, err error) {
	if s.apart == nil {
		return s.Cloud.Status()
	}
	err = s.fetch(ctx, http.MethodGet, endpoint.RouteStatus, nil, &status)
	return status, err
}

// SetFaults replaces the local cloud's troubles while it runs.
func (s *Site) SetFaults(ctx context.Context, c faults.Config) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return s.fetch(ctx, http.MethodPut, endpoint.RouteFaults, bytes.NewReader(text), &c)
}

// Everything is Objects with strangers.
func (s *Site) Everything() (all []Object, err error) {
	if s.apart == nil {
		return objectsOf(s.Cloud.World())
	}
	err = fetch(context.Background(), http.MethodGet, s.apart.at.Objects, "", nil, &all)
	return all, err
}

// fetch reads a JSON document from a route beside AWS's API.
func (s *Site) fetch(ctx context.Context, method, route string, body io.Reader, document any) error {
	at, err := endpoint.Read(endpoint.Directory(s.home()))
	if err != nil {
		return err
	}
	return fetch(ctx, method, s.Endpoint()+route, at.Secret, body, document)
}

// fetch reads a JSON document from the local cloud.
func fetch(ctx context.Context, method, address, secret string, body io.Reader, document any) error {
	_, text, err := ask(ctx, method, address, secret, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, document); err != nil {
		return fmt.Errorf("%s %s: %w", method, address, err)
	}
	return nil
}

// ask makes a request on a connection of its own. An answer that isn't 200 is an error.
func ask(ctx context.Context, method, address, secret string, body io.Reader) (http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, nil, err
	}
	endpoint.File{Secret: secret}.Authorize(request)
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // by the address: up itself has verified the name
	}}
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, address, response.Status, text)
	}
	return response.Header, text, err
}

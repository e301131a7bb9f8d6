// Package page is the local cloud in a browser: a picture of a platform that keeps itself
// up to date, with its zones, instances, the health of targets and the live traffic.
//
// What belongs here: what the page shows, read from the world and the data plane, and the
// page itself, which is static and asks for a new picture once a second while someone
// looks at it; and what happened before it was opened. What doesn't: anything that changes
// the local cloud.
package page

import (
	"embed"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// The routes of the page and of what it asks for.
const (
	routePicture = "/_local/picture"
	routeConsole = "/_local/console"
	routeStatic  = "/_local/page/"
)

// policy lets the page load and ask for nothing but its own files and routes, and run no
// script that came in as text: names and tags are whatever users of the API made them.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed static
var static embed.FS

// About is what the page tells of the local cloud itself.
type About struct {
	Endpoint string    `json:"endpoint"`
	Version  string    `json:"version"`
	Latency  string    `json:"latency"` // fast, aws or aws/N
	Started  time.Time `json:"started"`
}

// Options say what the page shows. All of them are required.
type Options struct {
	World *world.World
	Plane *dataplane.Plane
	// Calls returns the API calls that are remembered from number from on, and the
	// number that the next one will have.
	Calls   func(from int) ([]wire.CallRecord, int)
	About   func() About
	Metrics *metrics.Store
	Clock   clock.Clock
}

// Page serves the page. Make it with New, and let it Follow.
type Page struct {
	options Options
	history history
}

// New returns the page of a local cloud.
func New(o Options) *Page { return &Page{options: o} }

// Register adds the page's routes to a mux: the page is what a browser gets at "/",
// while everybody else's requests there go to api. viewers stands before every route of the page.
func (p *Page) Register(mux *http.ServeMux, api http.Handler, viewers func(http.HandlerFunc) http.HandlerFunc) {
	index := viewers(func(w http.ResponseWriter, r *http.Request) { p.serveFile(w, r, "index.html") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if !forBrowser(r) {
			api.ServeHTTP(w, r)
			return
		}
		index(w, r)
	})
	mux.HandleFunc("GET "+routeStatic+"{file}", viewers(func(w http.ResponseWriter, r *http.Request) { p.serveFile(w, r, r.PathValue("file")) }))
	mux.HandleFunc(routeStatic, viewers(http.NotFound))
	mux.HandleFunc("GET "+routePicture, viewers(p.servePicture))
	mux.HandleFunc("GET "+routeConsole, viewers(p.serveConsole))
}

// forBrowser tells a person's browser from a client of AWS's API, which signs.
func forBrowser(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html") && r.Header.Get("Authorization") == "" && !r.URL.Query().Has("Action")
}

func (p *Page) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache") // the next version serves the same paths
	http.ServeFileFS(w, r, static, "static/"+name)
}

// servePicture answers with the Picture of ?platform=NAME, or of the first platform where
// there is none of that name, with the API calls from number ?calls=N on, and what happened from number ?events=N on.
func (p *Page) servePicture(w http.ResponseWriter, r *http.Request) {
	from := map[string]int{"calls": -1, "events": -1}
	for what := range from {
		if text := r.FormValue(what); text != "" {
			number, err := strconv.Atoi(text)
			if err != nil || number < 0 {
				http.Error(w, what+" must be a number, from 0 on", http.StatusBadRequest)
				return
			}
			from[what] = number
		}
	}
	picture, err := p.Picture(r.FormValue("platform"), from["calls"], from["events"])
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(picture) // a reader that left is no concern of ours
}

// serveConsole answers with the console output of ?instance=ID.
func (p *Page) serveConsole(w http.ResponseWriter, r *http.Request) {
	guest := p.options.Plane.Guest(r.FormValue("instance"))
	if guest == nil {
		http.Error(w, "There is no such instance, or it was terminated.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(guest.Console()))
}

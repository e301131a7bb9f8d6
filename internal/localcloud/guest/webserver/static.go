package webserver

import (
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// file maps a URI to a path of the instance, relative to its root; "" where this machine can't have a file of that name.
// On Windows a backslash would lead out of the root.
func (r *request) file(uri string) string {
	root := r.settings.root
	if !path.IsAbs(root) {
		root = path.Join("/usr/share/nginx", root)
	}
	name := strings.TrimPrefix(path.Join(root, path.Clean("/"+uri)), "/")
	if name == "" {
		return "."
	}
	local, err := filepath.Localize(name)
	if err != nil {
		return ""
	}
	return local
}

// stat and open know no file outside of the instance, also not by a link.
func (r *request) stat(uri string) (os.FileInfo, error) { return r.config.files.Stat(r.file(uri)) }

// open opens a regular file or a directory: to open a pipe would be to wait for who writes it.
func (r *request) open(uri string) (*os.File, error) {
	info, err := r.stat(uri)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return nil, os.ErrNotExist
	}
	return r.config.files.Open(r.file(uri))
}

// exists is try_files' question: a directory is asked for by a trailing slash.
func (r *request) exists(uri string) bool {
	info, err := r.stat(uri)
	return err == nil && info.IsDir() == strings.HasSuffix(uri, "/")
}

func (r *request) static(w http.ResponseWriter, uri string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !r.failed {
		r.fail(w, http.StatusMethodNotAllowed)
		return
	}
	if strings.HasSuffix(uri, "/") {
		for _, index := range r.settings.index {
			if r.exists(path.Join(uri, index)) {
				r.redirect(w, path.Join(uri, index))
				return
			}
		}
		if info, err := r.stat(uri); err == nil && info.IsDir() {
			r.fail(w, http.StatusForbidden)
			return
		}
		r.fail(w, http.StatusNotFound)
		return
	}
	f, err := r.open(uri)
	if err != nil {
		code := http.StatusNotFound
		if os.IsPermission(err) {
			code = http.StatusForbidden
		}
		r.fail(w, code)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		r.fail(w, http.StatusInternalServerError)
		return
	case info.IsDir():
		w.Header().Set("Location", r.scheme()+"://"+r.Host+uri+"/")
		r.page(w, http.StatusMovedPermanently)
		return
	}
	code := http.StatusOK
	if r.status != 0 {
		code = r.status
	}
	r.header(w, code)
	w.Header().Set("Content-Type", r.contentType(uri))
	w.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().Unix(), info.Size()))
	if code != http.StatusOK { // an error page: conditions and ranges don't apply
		plain := r.Clone(r.Context())
		plain.Header = http.Header{}
		http.ServeContent(&withStatus{ResponseWriter: w, code: code}, plain, "", info.ModTime(), f)
		return
	}
	http.ServeContent(w, r.Request, "", info.ModTime(), f)
}

// withStatus sends another code than the one that it is told.
type withStatus struct {
	http.ResponseWriter
	code int
}

func (w *withStatus) WriteHeader(int) { w.ResponseWriter.WriteHeader(w.code) }

func (r *request) contentType(uri string) string {
	extension := strings.TrimPrefix(path.Ext(uri), ".")
	if t, ok := r.settings.types[strings.ToLower(extension)]; ok && extension != "" {
		return r.settings.withCharset(t)
	}
	return r.settings.withCharset(r.settings.defaultType)
}

// withCharset adds the character set to those types that nginx adds it to.
// Source: nginx documentation, ngx_http_charset_module, "charset_types".
func (s settings) withCharset(contentType string) string {
	if s.charset == "" || s.charset == "off" {
		return contentType
	}
	switch contentType {
	case "text/html", "text/xml", "text/plain", "text/vnd.wap.wml", "application/javascript", "application/rss+xml":
		return contentType + "; charset=" + s.charset
	}
	return contentType
}

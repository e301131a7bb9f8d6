package nginx

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// NotAllowedError is a configuration that no nginx of this machine is given, though it may be a good one.
type NotAllowedError struct {
	Why  string
	File string // as the instance sees it
	Line int
}

// Error implements error.
func (e *NotAllowedError) Error() string {
	if e.File == "" {
		return "[emerg] " + e.Why
	}
	return fmt.Sprintf("[emerg] %s in %s:%d", e.Why, e.File, e.Line)
}

func notAllowed(d nginxconf.Directive, format string, args ...any) error {
	return &NotAllowedError{Why: fmt.Sprintf(format, args...), File: d.File, Line: d.Line}
}

// form is how a directive's arguments are checked, and written.
type form int

const (
	plain   form = iota // words and numbers
	text                // any text, with variables
	logged              // log_format: text, with the variables of a log
	uri                 // what nginx turns into a path: normalised variables only, no segment "." or ".."
	pattern             // no variables, so that "$" is a letter: a regular expression, a path of a URI
	dropped             // checked by nobody: it is about the process, which is ours
	folder              // a directory of the instance
	log                 // a file of the instance that nginx writes
	address             // listen
	block               // directives
	types               // the block of that name
)

// allowed are the directives that reach an nginx of this machine. Each was looked up: none of them, with arguments of its
// form, opens a file outside of the instance, connects, runs anything, or tells of this machine. What isn't here isn't
// for it: no proxy or gateway, no module, no interpreter, no TLS, no alias (whose paths can lead a directory up).
func allowed() map[string]form {
	all := map[string]form{
		"events": block, "http": block, "server": block, "location": block, "types": types,
		"listen": address, "root": folder, "access_log": log, "error_log": log,
		"error_page": uri, "try_files": uri, "index": uri,
		"add_header": text, "return": text, "default_type": text, "charset": text, "server_name": pattern, "log_format": logged,
	}
	for form, names := range map[form]string{
		dropped: `user pid worker_processes worker_rlimit_nofile daemon master_process use multi_accept worker_connections`,
		plain: `absolute_redirect autoindex autoindex_exact_size autoindex_format autoindex_localtime
			chunked_transfer_encoding client_body_timeout client_header_buffer_size client_header_timeout
			client_max_body_size etag expires gzip gzip_comp_level gzip_min_length gzip_proxied gzip_types gzip_vary
			if_modified_since ignore_invalid_headers internal keepalive_requests keepalive_timeout
			large_client_header_buffers lingering_close lingering_time lingering_timeout limit_rate limit_rate_after
			log_not_found max_ranges open_file_cache open_file_cache_errors open_file_cache_min_uses
			open_file_cache_valid recursive_error_pages reset_timedout_connection send_timeout sendfile
			server_names_hash_bucket_size server_names_hash_max_size server_tokens tcp_nodelay tcp_nopush
			types_hash_bucket_size types_hash_max_size underscores_in_headers`,
	} {
		for name := range strings.FieldsSeq(names) {
			all[name] = form
		}
	}
	return all
}

var (
	plainWord    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_.+*:/=-]{1,100}$`) })
	mediaType    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9.+_-]{1,100}/[A-Za-z0-9.+_-]{1,100}$`) })
	variableName = regexp.MustCompile(`\$(?:\{\w+\}|\w+)`)
)

// Variables that may stand in a text, beside $http_… and $arg_…. Those of the machine that runs nginx ($hostname, $pid,
// $realpath_root and the like) aren't among them.
const (
	textVariables = ` uri document_uri request_uri args query_string is_args request_method request server_protocol scheme host
		server_name remote_addr remote_port content_type content_length time_iso8601 msec nginx_version request_id `
	logVariables = textVariables + ` remote_user time_local status body_bytes_sent bytes_sent request_time request_length connection
		connection_requests gzip_ratio pipe `
	uriVariables = ` uri document_uri `
)

// variables checks the variables of an argument, and puts in the values of those that only the instance knows.
func (w *writer) variables(d nginxconf.Directive, argument, known string) (string, error) {
	var refused error
	out := variableName.ReplaceAllStringFunc(argument, func(m string) string {
		name := strings.Trim(m, "${}")
		if value, ours := w.values[name]; ours && known != uriVariables {
			return value
		}
		general := known != uriVariables && (strings.HasPrefix(name, "http_") || strings.HasPrefix(name, "arg_"))
		if !general && !slicesContainsField(known, name) {
			refused = notAllowed(d, "variable %q of %q is not for an nginx of this machine", name, d.Name)
		}
		return "${" + name + "}"
	})
	if strings.Contains(variableName.ReplaceAllString(argument, ""), "$") {
		refused = notAllowed(d, "a \"$\" without a variable in %q", d.Name)
	}
	return out, refused
}

func slicesContainsField(list, name string) bool {
	for field := range strings.FieldsSeq(list) {
		if field == name {
			return true
		}
	}
	return false
}

// quoted is an argument as nginx reads it back.
func quoted(argument string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(argument) + `"`
}

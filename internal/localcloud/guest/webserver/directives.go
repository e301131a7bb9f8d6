package webserver

import "github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"

// Contexts that a directive may stand in.
const (
	inMain = 1 << iota
	inEvents
	inHTTP
	inServer
	inLocation
	inTypes
)

const anyHTTP = inHTTP | inServer | inLocation

// syntax is where a directive may stand and how many arguments it takes.
type syntax struct {
	contexts int
	min, max int
	block    bool
}

const many = 1 << 20

// directives returns the whole of the language understood here. Those that only tune nginx (logs, buffers, worker
// processes, compression) are checked for their place and then have no effect.
func directives() map[string]syntax {
	return map[string]syntax{
		"user":               {inMain, 1, 2, false},
		"worker_processes":   {inMain, 1, 1, false},
		"pid":                {inMain, 1, 1, false},
		"error_log":          {inMain | anyHTTP, 1, 2, false},
		"events":             {inMain, 0, 0, true},
		"worker_connections": {inEvents, 1, 1, false},
		"multi_accept":       {inEvents, 1, 1, false},
		"use":                {inEvents, 1, 1, false},
		"http":               {inMain, 0, 0, true},

		"server":      {inHTTP, 0, 0, true},
		"listen":      {inServer, 1, many, false},
		"server_name": {inServer, 1, many, false},
		"location":    {inServer, 1, 2, true},

		"root":         {anyHTTP, 1, 1, false},
		"index":        {anyHTTP, 1, many, false},
		"types":        {anyHTTP, 0, 0, true},
		"default_type": {anyHTTP, 1, 1, false},
		"charset":      {anyHTTP, 1, 1, false},
		"add_header":   {anyHTTP, 2, 3, false},
		"error_page":   {anyHTTP, 2, many, false},
		"return":       {inServer | inLocation, 1, 2, false},
		"try_files":    {inServer | inLocation, 2, many, false},
		"internal":     {inLocation, 0, 0, false},

		"ssl_certificate":     {inHTTP | inServer, 1, 1, false},
		"ssl_certificate_key": {inHTTP | inServer, 1, 1, false},

		"ssl_prefer_server_ciphers": {inHTTP | inServer, 1, 1, false},
		"ssl_session_cache":         {inHTTP | inServer, 1, 2, false},
		"ssl_session_tickets":       {inHTTP | inServer, 1, 1, false},
		"ssl_session_timeout":       {inHTTP | inServer, 1, 1, false},

		"keepalive_timeout":           {anyHTTP, 1, 2, false},
		"client_header_buffer_size":   {inHTTP | inServer, 1, 1, false},
		"large_client_header_buffers": {inHTTP | inServer, 2, 2, false},

		"server_tokens": {anyHTTP, 1, 1, false},

		"access_log":             {anyHTTP, 1, many, false},
		"log_format":             {inHTTP, 2, many, false},
		"log_not_found":          {anyHTTP, 1, 1, false},
		"sendfile":               {anyHTTP, 1, 1, false},
		"tcp_nopush":             {anyHTTP, 1, 1, false},
		"tcp_nodelay":            {anyHTTP, 1, 1, false},
		"types_hash_max_size":    {anyHTTP, 1, 1, false},
		"types_hash_bucket_size": {anyHTTP, 1, 1, false},
		"keepalive_requests":     {anyHTTP, 1, 1, false},
		"client_max_body_size":   {anyHTTP, 1, 1, false},
		"client_body_timeout":    {anyHTTP, 1, 1, false},
		"client_header_timeout":  {inHTTP | inServer, 1, 1, false},
		"send_timeout":           {anyHTTP, 1, 1, false},
		"reset_timedout_connection": {
			anyHTTP, 1, 1, false},
		"server_names_hash_bucket_size": {inHTTP, 1, 1, false},
		"gzip":                          {anyHTTP, 1, 1, false},
		"gzip_types":                    {anyHTTP, 1, many, false},
		"gzip_vary":                     {anyHTTP, 1, 1, false},
		"gzip_min_length":               {anyHTTP, 1, 1, false},
		"gzip_proxied":                  {anyHTTP, 1, many, false},
		"gzip_comp_level":               {anyHTTP, 1, 1, false},
	}
}

// check verifies the place, the arguments and the shape of d and all below it.
func check(list []nginxconf.Directive, context int) error {
	language := directives()
	for _, d := range list {
		if context == inTypes {
			if len(d.Args) == 0 || d.Block {
				return d.Emerg("invalid number of arguments in %q directive", d.Name)
			}
			continue
		}
		s, ok := language[d.Name]
		switch {
		case !ok && nginxconf.Known(d.Name):
			return d.Emerg("directive %q is not simulated by the built-in web server", d.Name)
		case !ok:
			return d.Emerg("unknown directive %q", d.Name)
		case s.contexts&context == 0:
			return d.Emerg("%q directive is not allowed here", d.Name)
		case s.block && !d.Block:
			return d.Emerg("directive %q has no opening \"{\"", d.Name)
		case !s.block && d.Block:
			return d.Emerg("directive %q is not terminated by \";\"", d.Name)
		case len(d.Args) < s.min || len(d.Args) > s.max:
			return d.Emerg("invalid number of arguments in %q directive", d.Name)
		}
		if d.Block {
			inner := map[string]int{"events": inEvents, "http": inHTTP, "server": inServer, "location": inLocation, "types": inTypes}[d.Name]
			if err := check(d.Children, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

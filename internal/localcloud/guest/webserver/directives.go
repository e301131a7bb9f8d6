package webserver

import (
	crossplane "github.com/nginxinc/nginx-go-crossplane"
)

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
func check(list []directive, context int) error {
	language := directives()
	for _, d := range list {
		if context == inTypes {
			if len(d.args) == 0 || d.block {
				return d.emerg("invalid number of arguments in %q directive", d.name)
			}
			continue
		}
		s, ok := language[d.name]
		switch {
		case !ok && known(d.name):
			return d.emerg("directive %q is not simulated by the built-in web server (install nginx on this machine)", d.name)
		case !ok:
			return d.emerg("unknown directive %q", d.name)
		case s.contexts&context == 0:
			return d.emerg("%q directive is not allowed here", d.name)
		case s.block && !d.block:
			return d.emerg("directive %q has no opening \"{\"", d.name)
		case !s.block && d.block:
			return d.emerg("directive %q is not terminated by \";\"", d.name)
		case len(d.args) < s.min || len(d.args) > s.max:
			return d.emerg("invalid number of arguments in %q directive", d.name)
		}
		if d.block {
			inner := map[string]int{"events": inEvents, "http": inHTTP, "server": inServer, "location": inLocation, "types": inTypes}[d.name]
			if err := check(d.children, inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// known reports whether nginx itself has such a directive.
func known(name string) bool {
	_, ok := crossplane.MatchOssLatest(name)
	return ok
}

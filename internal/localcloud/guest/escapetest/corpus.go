package escapetest

import (
	"fmt"
	"strings"
)

// Escape is a configuration of an instance that tries to leave it. In its texts @OUT@ is a directory outside of the
// instance, @UP@ the same directory by a path that climbs, @TCP@ and @UDP@ ports of somebody else on this machine, and
// @SOCK@ somebody else's socket in the file system.
type Escape struct {
	Name     string
	Conf     string            // /etc/nginx/nginx.conf
	Files    map[string]string // more files of the instance
	Links    map[string]string // symbolic links of the instance, and where they lead
	Requests []string          // targets of requests, / beside
}

// Corpus returns the escapes.
func Corpus() []Escape {
	main := func(name, directives string) Escape {
		return Escape{Name: name, Conf: directives + "\nevents {}\nhttp { server { listen 80; location / { return 200 here; } } }\n"}
	}
	http := func(name, directives string) Escape {
		return Escape{Name: name, Conf: "events {}\nhttp {\n" + directives + "\nserver { listen 80; location / { root /srv; } } }\n"}
	}
	server := func(name, directives string, requests ...string) Escape {
		return Escape{Name: name, Conf: "events {}\nhttp { server { listen 80;\n" + directives + "\n} }\n", Requests: requests}
	}
	linked := func(name, directives, target string, requests ...string) Escape {
		e := server(name, directives, requests...)
		e.Links = map[string]string{"srv/link": target}
		return e
	}
	long := strings.Repeat("../", 300)
	climb := `default_type text/plain; root /srv; location = /. { try_files "` + strings.Repeat("$uri.", 40) + `@OUT@/secret.txt" =404; } `
	return []Escape{
		// Native code, and interpreters.
		main("load_module", "load_module @OUT@/module.so;"),
		main("load_module that climbs", "load_module @UP@/module.so;"),
		main("load_module of the instance", "load_module /srv/module.so;"),
		main("load_module of the machine", "load_module modules/ngx_stream_module.so;\nstream { server { listen 80; proxy_pass 127.0.0.1:@TCP@; } }"),
		main("perl", "load_module modules/ngx_http_perl_module.so;"),
		http("perl_set", `perl_set $x 'sub { open(F, ">@OUT@/written"); print F "x"; return "x"; }';`),
		http("perl_modules", "perl_modules @OUT@; perl_require module.pm;"),
		main("js", "load_module modules/ngx_http_js_module.so;"),
		http("js_import", "js_path @OUT@; js_import x from module.js;"),
		server("lua", `location / { content_by_lua_block { io.open("@OUT@/written", "w"):write("x") } }`),
		http("lua_package_path", `lua_package_path "@OUT@/?.lua"; init_by_lua_file @OUT@/module.lua;`),
		main("env", "env HOME; env PATH;"),
		main("ssl_engine", "ssl_engine @OUT@/module.so;"),
		main("thread_pool", "thread_pool default threads=100000;"),
		main("debug_points", "debug_points abort;"),
		main("working_directory", "working_directory @OUT@;"),

		// Files that are read.
		server("alias", "location / { alias @OUT@/; }", "/secret.txt"),
		server("alias that climbs", "location / { alias @UP@/; }", "/secret.txt"),
		server("alias a directory up", "location /i { alias /srv/; }", "/i../../outside/secret.txt", "/i../etc/nginx/nginx.conf"),
		server("alias of the root", "location /i { alias /; }", "/i../guest.json", "/i../console.log", "/i../outside/secret.txt"),
		server("alias with a variable", "location ~ ^/(.*)$ { alias $1; }", "/@OUT@/secret.txt", "/@UP@/secret.txt"),
		server("alias with an argument", "location / { alias $arg_f; }", "/?f=@OUT@/secret.txt", "/?f=@UP@/secret.txt"),
		server("root", "location / { root @OUT@; }", "/secret.txt"),
		server("root that climbs", "location / { root @UP@; }", "/secret.txt"),
		server("root a long way up", "location / { root /"+long+"@OUT@; }", "/secret.txt"),
		server("root of the machine", "location / { root /; }", "@OUT@/secret.txt", "/proc/self/root@OUT@/secret.txt", "/proc/self/environ", "/proc/self/cwd/nginx.conf"),
		server("root in /proc", "location / { root /proc/self/root; }", "@OUT@/secret.txt"),
		server("root by a descriptor", "location / { root /proc/self/fd; }", "/0", "/1", "/2", "/3"),
		server("root with a variable", "location / { root $arg_f; }", "/secret.txt?f=@OUT@"),
		server("root with a header", "location / { root /srv/$http_x_file; }", "/secret.txt"),
		server("root with the document root", "location / { root $document_root@OUT@; }", "/secret.txt"),
		server("root in quotes", "location / { root \"@OUT@\"; }", "/secret.txt"),
		server("root with escapes", `location / { root "\/srv\/..\/..\/..\/@OUT@"; }`, "/secret.txt"),
		server("request that climbs", "root /srv;", "/../../../../../../../..@OUT@/secret.txt", "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e@OUT@/secret.txt",
			"/..%2f..%2f..%2f..%2f..%2f..@OUT@/secret.txt", `/..\..\..\..\secret.txt`, "//@OUT@/secret.txt", "/.%00/secret.txt"),
		server("index", "root /srv; index @UP@/secret.txt;"),
		server("index with a variable", "root /srv; index $arg_f;", "/?f=@UP@/secret.txt"),
		server("try_files", "root /srv; try_files @UP@/secret.txt =404;"),
		server("try_files with an argument", "root /srv; try_files /$arg_f =404;", "/?f=@UP@/secret.txt"),
		server("try_files with a header", "root /srv; location / { try_files $http_x_file =404; }"),
		server("error_page", "root /srv; error_page 404 @UP@/secret.txt;", "/none"),
		server("error_page with an argument", "root /srv; error_page 404 /$arg_f;", "/none?f=@UP@/secret.txt"),
		server("redirect of try_files to a dot", climb+"location = /a { try_files /none /.; }", "/a"),
		server("index that is a dot", climb+"location = / { index .; }"),
		server("error_page that is a dot", climb+"error_page 404 /.;", "/none"),
		server("redirect cut at a question mark", `root /srv; location / { try_files "`+strings.Repeat("$uri", 40)+`@OUT@/secret.txt" $uri; }`, "/..%3F"),
		server("redirect without a slash", "root /srv; location / { try_files /none .bak; } location = .bak { try_files $uri@UP@/secret.txt =404; }"),
		server("rewrite", "root /srv; rewrite ^ $arg_f break;", "/?f=/@UP@/secret.txt"),
		server("set and if", "set $x $arg_f; root /srv; if ($x) { rewrite ^ /$x break; }", "/?f=@UP@/secret.txt"),
		server("autoindex", "location / { root @OUT@; autoindex on; }"),
		server("autoindex of the machine", "location / { root /; autoindex on; }", "@OUT@/"),
		server("regular expression", "location ~ ^/f(.*)$ { root /srv; try_files $1 =404; }", "/f@UP@/secret.txt"),
		server("include", "include @OUT@/secret.conf;"),
		server("include that climbs", "include @UP@/secret.conf;"),
		server("include of a pattern", "include @OUT@/*.conf;"),
		server("include of /etc/shadow", "include /../../../etc/shadow;"),
		http("include among types", "types { include @OUT@/secret.conf; }"),
		http("map that includes", "map $uri $x { include @OUT@/secret.conf; }"),
		http("geo that includes", "geo $x { include @OUT@/secret.conf; }"),
		server("auth_basic_user_file", "auth_basic x; auth_basic_user_file @OUT@/secret.txt;"),
		server("auth_basic_user_file with a variable", "auth_basic x; auth_basic_user_file $arg_f;", "/?f=@OUT@/secret.txt"),
		{Name: "ssl_certificate", Conf: "events {}\nhttp { server { listen 80; listen 443 ssl; ssl_certificate @OUT@/secret.pem; ssl_certificate_key @OUT@/secret.pem; } }"},
		{Name: "ssl_certificate with a variable", Conf: "events {}\nhttp { server { listen 80; listen 443 ssl; ssl_certificate $ssl_server_name; ssl_certificate_key @OUT@/secret.pem; } }"},
		server("ssl_password_file", "ssl_password_file @OUT@/secret.txt; ssl_dhparam @OUT@/secret.pem;"),
		server("ssl_trusted_certificate", "ssl_trusted_certificate @OUT@/secret.pem; ssl_crl @OUT@/secret.pem;"),
		server("add_header of this machine", `add_header X-Host "$hostname $pid $realpath_root $document_root $request_filename" always; root /srv;`),
		server("return of this machine", `location / { return 200 "$hostname"; }`),
		server("server_name of this machine", `server_name $hostname; location / { return 200 "$server_name"; }`),
		http("ssi", "ssi on;"),
		server("xslt", "location / { root /srv; xslt_stylesheet @OUT@/secret.txt; }"),
		http("geoip", "geoip_country @OUT@/secret.txt;"),
		server("flv and mp4", "location / { root @OUT@; mp4; flv; }", "/secret.txt"),
		server("random_index", "location / { root @OUT@; random_index on; }"),
		server("gzip_static", "location / { root @OUT@; gzip_static always; }", "/secret.txt"),

		// Links that the instance has.
		linked("link to a file", "root /srv;", "@OUT@/secret.txt", "/link"),
		linked("link to a directory", "root /srv;", "@OUT@", "/link/secret.txt", "/link/"),
		linked("link to the root", "root /srv/link;", "/", "@OUT@/secret.txt"),
		linked("link that climbs", "root /srv;", "../../../../../../../../../../..@OUT@", "/link/secret.txt"),
		linked("link to /proc", "root /srv;", "/proc/self/root", "/link@OUT@/secret.txt"),
		linked("root that is a link", "root /srv/link;", "@OUT@", "/secret.txt"),
		linked("include of a link", "include /srv/link;", "@OUT@/secret.conf"),
		linked("log that is a link", "access_log /srv/link; error_log /srv/link; location / { return 200 x; }", "@OUT@/secret.txt"),
		linked("log in a link", "access_log /srv/link/written; location / { return 200 x; }", "@OUT@"),
		linked("log that dangles", "access_log /srv/link; location / { return 200 x; }", "@OUT@/written"),

		// Files that are written.
		http("access_log", "access_log @OUT@/written;"),
		http("access_log that climbs", "access_log @UP@/written;"),
		http("access_log with a variable", "access_log /var/log/$http_x_file.log;"),
		http("access_log with an argument", "access_log /srv/$arg_f combined;"),
		http("access_log with a buffer", "access_log @OUT@/written combined gzip=9 buffer=4k flush=1s;"),
		main("error_log", "error_log @OUT@/written debug;"),
		main("error_log over a file", "error_log @OUT@/secret.txt debug;"),
		main("pid", "pid @OUT@/written;"),
		main("pid over a file", "pid @OUT@/secret.txt;"),
		main("lock_file", "lock_file @OUT@/written; "),
		main("user", "user root root;"),
		main("daemon", "daemon on; master_process on; worker_processes 64;"),
		http("client_body_temp_path", "client_body_temp_path @OUT@/written;"),
		http("client_body_temp_path that is there", "client_body_temp_path @OUT@; client_body_in_file_only on;"),
		http("other temporary paths", "proxy_temp_path @OUT@/w1; fastcgi_temp_path @OUT@/w2; uwsgi_temp_path @OUT@/w3; scgi_temp_path @OUT@/w4;"),
		http("proxy_cache_path", "proxy_cache_path @OUT@/written keys_zone=z:1m;"),
		http("fastcgi_cache_path", "fastcgi_cache_path @OUT@/written keys_zone=z:1m;"),
		server("dav", "location / { root @OUT@; dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; }", "/written"),
		server("proxy_store", "location / { proxy_pass http://127.0.0.1:@TCP@; proxy_store @OUT@/written; }"),
		main("google_perftools_profiles", "google_perftools_profiles @OUT@/written;"),
		main("worker_rlimit_core", "worker_rlimit_core 500M;"),

		// Whom it reaches.
		server("proxy_pass", "location / { proxy_pass http://127.0.0.1:@TCP@; }"),
		server("proxy_pass with a variable", "location / { proxy_pass http://$arg_h; }", "/?h=127.0.0.1:@TCP@"),
		server("proxy_pass to a socket", "location / { proxy_pass http://unix:@SOCK@:/; }"),
		http("upstream", "upstream u { server 127.0.0.1:@TCP@; server unix:@SOCK@; } server { listen 80 default_server; location / { proxy_pass http://u; } }"),
		server("fastcgi_pass", "location / { fastcgi_pass 127.0.0.1:@TCP@; }"),
		server("fastcgi_pass to a socket", "location / { fastcgi_pass unix:@SOCK@; }"),
		server("uwsgi_pass", "location / { uwsgi_pass 127.0.0.1:@TCP@; }"),
		server("scgi_pass", "location / { scgi_pass unix:@SOCK@; }"),
		server("grpc_pass", "location / { grpc_pass grpc://127.0.0.1:@TCP@; }"),
		server("memcached_pass", "location / { set $memcached_key x; memcached_pass 127.0.0.1:@TCP@; }"),
		server("mirror", "location / { mirror /m; root /srv; } location = /m { internal; proxy_pass http://127.0.0.1:@TCP@; }"),
		server("auth_request", "location / { auth_request /a; root /srv; } location = /a { proxy_pass http://127.0.0.1:@TCP@; }"),
		server("resolver", "resolver 127.0.0.1:@UDP@; resolver_timeout 200ms; location / { proxy_pass http://$arg_h; }", "/?h=canary.example"),
		http("access_log to syslog", "access_log syslog:server=127.0.0.1:@UDP@;"),
		main("error_log to syslog", "error_log syslog:server=127.0.0.1:@UDP@ debug;"),
		http("access_log to a socket", "access_log syslog:server=unix:@SOCK@;"),
		server("ssl_stapling", "ssl_stapling on; ssl_stapling_responder http://127.0.0.1:@TCP@/; resolver 127.0.0.1:@UDP@;"),
		main("stream", "stream { server { listen 80; proxy_pass 127.0.0.1:@TCP@; } }"),
		main("mail", "mail { auth_http 127.0.0.1:@TCP@; server { listen 80; protocol smtp; } }"),
		{Name: "listen on a socket", Conf: "events {}\nhttp { server { listen 80; listen unix:@OUT@/written; } }"},
		{Name: "listen on another's port", Conf: "events {}\nhttp { server { listen 80; listen 127.0.0.1:@TCP@; } }"},
		{Name: "listen for everybody", Conf: "events {}\nhttp { server { listen 80; listen 0.0.0.0:8081; listen [::]:8082; } }"},
		{Name: "listen on UDP", Conf: "events {}\nhttp { server { listen 80; listen 8443 quic; } }"},

		// What a parser may take for something else.
		{Name: "directive in quotes", Conf: `"load_module" @OUT@/module.so; events {} http { server { listen 80; "root" "@OUT@"; } }`, Requests: []string{"/secret.txt"}},
		{Name: "directive over lines", Conf: "events {}\nhttp { server { listen 80; root\n# x;\n\"@OUT@\"\n; } }", Requests: []string{"/secret.txt"}},
		{Name: "line break in an argument", Conf: "events {}\nhttp { server { listen 80; add_header X \"a\nroot @OUT@; location / { root @OUT@; } #\"; } }", Requests: []string{"/secret.txt"}},
		{Name: "quote in an argument", Conf: `events {} http { server { listen 80; add_header X 'a";root @OUT@;#'; add_header Y "\";root @OUT@;#"; add_header Z \";root\ @OUT@;#; } }`, Requests: []string{"/secret.txt"}},
		{Name: "type that includes", Conf: `events {} http { types { "include" @OUT@/secret.conf; include; } server { listen 80; } }`},
		{Name: "NUL", Conf: "events {}\nhttp { server { listen 80; root /srv\x00@OUT@; } }", Requests: []string{"/secret.txt"}},
		{Name: "long path", Conf: "events {}\nhttp { server { listen 80; root /" + strings.Repeat("a/../", 2000) + "@UP@; } }", Requests: []string{"/secret.txt"}},
		{Name: "long argument", Conf: fmt.Sprintf("events {}\nhttp { server { listen 80; add_header X %s; root /srv; } }", strings.Repeat("a", 5000))},
		{Name: "conf that is a link", Conf: "", Links: map[string]string{"etc/nginx/nginx.conf": "@OUT@/whole.conf"}, Requests: []string{"/secret.txt"}},
		{Name: "conf that includes itself", Conf: "events {}\nhttp { server { listen 80; } include /etc/nginx/nginx.conf; }"},
	}
}

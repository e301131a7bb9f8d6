package repository

// nginxFiles returns what the nginx package lays down, by path, in our own words: the same
// places and the same effect as Amazon Linux 2023's.
func nginxFiles() map[string]string {
	return map[string]string{
		"/etc/nginx/nginx.conf": `user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;

include /usr/share/nginx/modules/*.conf;

events {
    worker_connections 1024;
}

http {
    access_log /var/log/nginx/access.log;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 65;
    types_hash_max_size 4096;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    include /etc/nginx/conf.d/*.conf;

    server {
        listen 80;
        listen [::]:80;
        server_name _;
        root /usr/share/nginx/html;
        include /etc/nginx/default.d/*.conf;
        error_page 404 /404.html;
        location = /404.html {
        }
        error_page 500 502 503 504 /50x.html;
        location = /50x.html {
        }
    }
}
`,
		"/etc/nginx/mime.types": `types {
    text/html html htm shtml;
    text/css css;
    text/xml xml;
    text/plain txt;
    text/markdown md;
    application/javascript js mjs;
    application/json json;
    application/manifest+json webmanifest;
    application/pdf pdf;
    application/wasm wasm;
    application/zip zip;
    image/gif gif;
    image/jpeg jpeg jpg;
    image/png png;
    image/webp webp;
    image/avif avif;
    image/svg+xml svg svgz;
    image/x-icon ico;
    font/woff woff;
    font/woff2 woff2;
    video/mp4 mp4;
    audio/mpeg mp3;
}
`,
		"/usr/share/nginx/html/index.html": "<!DOCTYPE html>\n<html><head><title>nginx</title></head>\n<body><h1>nginx is installed</h1>\n<p>This is the package's default page.</p></body></html>\n",
		"/usr/share/nginx/html/404.html":   "<!DOCTYPE html>\n<html><head><title>Not found</title></head><body><h1>404 Not Found</h1></body></html>\n",
		"/usr/share/nginx/html/50x.html":   "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>The server had an error</h1></body></html>\n",
	}
}

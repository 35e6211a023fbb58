/**
 * Apache, HAProxy, lighttpd and Caddy on loopback, over HTTP and HTTPS, and the forward proxy
 * Tinyproxy. Each web server serves the given files, redirects `/moved` to `/text.txt`, compresses
 * text, and passes `/form` on to the server at `upstream`, a port on loopback.
 */
import type { Certificate } from "./certificates.ts";
import { Daemon, type Place } from "./daemon.ts";

type Files = Record<string, string | Uint8Array>;

/** Starts Apache as one process, which a killed test cannot leave behind. */
export function startApache(
  certificate: Certificate,
  files: Files,
  upstream: number,
): Promise<Daemon> {
  const modules = ["mpm_event", "authz_core", "alias", "filter", "mime", "deflate"];
  modules.push("proxy", "proxy_http", "ssl");
  const loaded = modules.map(
    (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
  );
  const configuration = ({ port, tlsPort, folder }: Place) => `
    ${loaded.join("\n    ")}
    ServerName localhost
    DefaultRuntimeDir ${folder}
    PidFile ${folder}/pid
    User nobody
    Group nogroup
    ErrorLog /dev/stderr
    LogLevel mpm_event:debug
    DocumentRoot ${folder}
    TypesConfig /dev/null
    AddType text/plain .txt
    AddOutputFilterByType DEFLATE text/plain
    Redirect 302 /moved /text.txt
    ProxyPass /form http://127.0.0.1:${upstream}/form
    Listen 127.0.0.1:${port}
    Listen 127.0.0.1:${tlsPort} https
    <VirtualHost *:${tlsPort}>
      SSLEngine on
      SSLCertificateFile ${folder}/chain.pem
      SSLCertificateKeyFile ${folder}/key.pem
    </VirtualHost>
    `;
  return Daemon.start(
    certificate,
    (place) => ({ ...files, "apache.conf": configuration(place) }),
    ({ folder }) => ["apache2", "-X", "-d", folder, "-f", `${folder}/apache.conf`],
    /AH02471/,
  );
}

/** Starts HAProxy before the web server at `site`, a port on loopback. Its worker ends with it. */
export function startHaproxy(
  certificate: Certificate,
  site: number,
  upstream: number,
): Promise<Daemon> {
  const configuration = ({ port, tlsPort, folder }: Place) => `
    defaults
      mode http
      timeout connect 10s
      timeout client 60s
      timeout server 60s
    frontend web
      bind 127.0.0.1:${port}
      bind 127.0.0.1:${tlsPort} ssl crt ${folder}/both.pem
      compression algo gzip
      compression type text/plain
      compression offload
      http-request redirect location /text.txt code 302 if { path /moved }
      use_backend forms if { path /form }
      default_backend site
    backend site
      server site 127.0.0.1:${site}
    backend forms
      server forms 127.0.0.1:${upstream}
`;
  return Daemon.start(
    certificate,
    (place) => ({
      "both.pem": certificate.chain + certificate.key,
      "haproxy.conf": configuration(place),
    }),
    ({ folder }) => ["haproxy", "-W", "-db", "-f", `${folder}/haproxy.conf`],
    /Loading success/,
  );
}

/** Starts lighttpd. */
export function startLighttpd(
  certificate: Certificate,
  files: Files,
  upstream: number,
): Promise<Daemon> {
  const configuration = ({ port, tlsPort, folder }: Place) => `
    server.modules = ("mod_redirect", "mod_proxy", "mod_deflate", "mod_openssl")
    server.document-root = "${folder}"
    server.bind = "127.0.0.1"
    server.port = ${port}
    mimetype.assign = (".txt" => "text/plain", "" => "application/octet-stream")
    deflate.mimetypes = ("text/")
    deflate.allowed-encodings = ("gzip")
    url.redirect = ("^/moved$" => "/text.txt")
    url.redirect-code = 302
    $HTTP["url"] == "/form" {
      proxy.server = ("" => (("host" => "127.0.0.1", "port" => ${upstream})))
    }
    $SERVER["socket"] == "127.0.0.1:${tlsPort}" {
      ssl.engine = "enable"
      ssl.pemfile = "${folder}/chain.pem"
      ssl.privkey = "${folder}/key.pem"
    }
    `;
  return Daemon.start(
    certificate,
    (place) => ({ ...files, "lighttpd.conf": configuration(place) }),
    ({ folder }) => ["lighttpd", "-D", "-f", `${folder}/lighttpd.conf`],
    /server started/,
  );
}

/** Starts Caddy. */
export function startCaddy(
  certificate: Certificate,
  files: Files,
  upstream: number,
): Promise<Daemon> {
  const configuration = ({ port, tlsPort, folder }: Place) => `{
      admin off
      auto_https off
      default_bind 127.0.0.1
      servers {
        protocols h1 h2
      }
    }
    (site) {
      root * ${folder}
      encode gzip
      redir /moved /text.txt 302
      reverse_proxy /form 127.0.0.1:${upstream}
      file_server
    }
    http://:${port} {
      import site
    }
    https://:${tlsPort} {
      tls ${folder}/chain.pem ${folder}/key.pem
      import site
    }
    `;
  return Daemon.start(
    certificate,
    (place) => ({ ...files, Caddyfile: configuration(place) }),
    ({ folder }) => ["env", `HOME=${folder}`, "caddy", "run", "--config", `${folder}/Caddyfile`],
    /serving initial configuration/,
  );
}

/** Starts Tinyproxy for user `user`, password `secret`; tunnels may go to `tlsPort` only. */
export function startTinyproxy(tlsPort: number): Promise<Daemon> {
  const configuration = ({ port }: Place) => `
Listen 127.0.0.1
Port ${port}
LogLevel Info
BasicAuth user secret
ConnectPort ${tlsPort}
`;
  return Daemon.start(
    null,
    (place) => ({ "tinyproxy.conf": configuration(place) }),
    ({ folder }) => ["tinyproxy", "-d", "-c", `${folder}/tinyproxy.conf`],
    /Accepting connections/,
  );
}

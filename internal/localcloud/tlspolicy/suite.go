package tlspolicy

import "crypto/tls"

// suite is a cipher suite of some policy.
type suite struct {
	name  string // OpenSSL's, as AWS has it
	id    uint16 // 0: crypto/tls hasn't got it
	tls13 bool
	class class
}

// suites are all cipher suites, in the order in which every policy has them.
func suites() []suite {
	return []suite{
		{"TLS_AES_128_GCM_SHA256", tls.TLS_AES_128_GCM_SHA256, true, 0},
		{"TLS_AES_256_GCM_SHA384", tls.TLS_AES_256_GCM_SHA384, true, 0},
		{"TLS_CHACHA20_POLY1305_SHA256", tls.TLS_CHACHA20_POLY1305_SHA256, true, 0},
		{"ECDHE-ECDSA-AES128-GCM-SHA256", tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, false, gcm},
		{"ECDHE-RSA-AES128-GCM-SHA256", tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, false, gcm},
		{"ECDHE-ECDSA-AES128-SHA256", tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, false, cbc},
		{"ECDHE-RSA-AES128-SHA256", tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, false, cbc},
		{"ECDHE-ECDSA-AES128-SHA", tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, false, sha1},
		{"ECDHE-RSA-AES128-SHA", tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, false, sha1},
		{"ECDHE-ECDSA-AES256-GCM-SHA384", tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, false, gcm},
		{"ECDHE-RSA-AES256-GCM-SHA384", tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, false, gcm},
		{"ECDHE-ECDSA-AES256-SHA384", 0, false, cbc},
		{"ECDHE-RSA-AES256-SHA384", 0, false, cbc},
		{"ECDHE-RSA-AES256-SHA", tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, false, sha1},
		{"ECDHE-ECDSA-AES256-SHA", tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, false, sha1},
		{"AES128-GCM-SHA256", tls.TLS_RSA_WITH_AES_128_GCM_SHA256, false, transport},
		{"AES128-SHA256", tls.TLS_RSA_WITH_AES_128_CBC_SHA256, false, transport},
		{"AES128-SHA", tls.TLS_RSA_WITH_AES_128_CBC_SHA, false, transportSHA1},
		{"AES256-GCM-SHA384", tls.TLS_RSA_WITH_AES_256_GCM_SHA384, false, transport},
		{"AES256-SHA256", 0, false, transport},
		{"AES256-SHA", tls.TLS_RSA_WITH_AES_256_CBC_SHA, false, transportSHA1},
	}
}

// SuiteName is AWS's name of a cipher suite; "" for one that no policy has.
func SuiteName(id uint16) string {
	for _, s := range suites() {
		if s.id == id && id != 0 {
			return s.name
		}
	}
	return ""
}

// VersionName is AWS's name of a version, such as TLSv1.2; the first is TLSv1.
func VersionName(version uint16) string {
	switch version {
	case tls.VersionTLS10:
		return "TLSv1"
	case tls.VersionTLS11:
		return "TLSv1.1"
	case tls.VersionTLS12:
		return "TLSv1.2"
	}
	return "TLSv1.3"
}

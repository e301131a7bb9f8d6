package api

import "github.com/platformctl/platformctl/internal/localcloud/service"

// Asks are what each operation needs the permission for. Everybody may ask who they are.
// Sources: API reference of GetCallerIdentity; Service Authorization Reference.
func Asks() service.Asks {
	return service.Asks{"GetCallerIdentity": {}, "DecodeAuthorizationMessage": service.Anything()}
}

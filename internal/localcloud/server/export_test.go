package server

// NewHTTP is newHTTP, for tests.
var NewHTTP = newHTTP

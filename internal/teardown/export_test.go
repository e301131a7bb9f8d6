package teardown

// Unblocked is unblocked, for the tests.
var Unblocked = unblocked

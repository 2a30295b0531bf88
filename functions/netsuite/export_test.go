package netsuite

// UniqueName is the name of a customer whose own is taken.
var UniqueName = uniqueName

// Package installation opens the connectors of the catalog from a settings file and the
// environment, for every program on one machine: the engine and the operator's command. A
// system without settings gets its fake. It also knows the store in the data folder.
package installation

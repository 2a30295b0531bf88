// Package kitting counts how many kits can be made of their components: Whole. A kit, also called a
// bundle or package, is an article that is stocked as its components alone. Flatten resolves kits in
// kits. Connectors read the components of a system and its stock of them; the rules are the same for all.
// It calls nothing and keeps nothing.
package kitting

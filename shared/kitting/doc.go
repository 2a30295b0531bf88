// Package kitting counts how many kits can be made of their components: Whole. A kit, also called a
// bundle or package, is an article that is stocked as its components alone. Connectors read the
// components of a system and its stock of them; the rule is the same for all. It calls nothing and
// keeps nothing.
package kitting

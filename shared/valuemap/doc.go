// Package valuemap keeps entries of systems' map settings in the installation's state, so that a
// payment method, location or carrier is mapped without a deployment (causeway crosswalk import).
//
// There is one record for each system, "map|netsuite", with the entries of all its maps: entries of
// several maps are checked together, and a system that is opened reads once. A function's variables
// have 4 KB in total on AWS; the record takes 256 KB.
//
// Open merges the entries into the settings of the same name and opens the system with them, so
// that a connector gets one map and knows of nothing else. An entry that was imported wins over the
// one of the setting with the same key: it is the later decision, with operator and reason in the
// ledger, and a map that is exported, edited and imported has to take effect. The setting's own
// entry is named by export and by doctor for as long as both differ. A required map needs an entry
// in the setting: doors read no state, and are opened with the settings alone.
//
// A system that cannot be opened with the entries is opened without those of the settings that the
// error names, and if that fails too without any. What was left out is in the log and in doctor's
// findings. An import is checked by the same code before anything is stored, so that this
// happens only if the settings or the program change afterwards.
//
// A message that fails for a missing entry is registered under its system and setting, at most 64 of
// them, and an import of an entry of that map makes it visible. The registration is a hint: a
// message that has none, or that nobody woke, looks by itself, a quarter of an hour later at most. A
// message that an import has overtaken while it was registered looks again after Pause, with entries
// that are read anew. Nothing but an import wakes a message, so that none goes round in a circle.
package valuemap

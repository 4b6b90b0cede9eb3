// Package explore shows one network of m neurons while it learns, beside its infinite-width limit, in a browser.
//
//	Parameters --Check--> gap.Study --RunCell--> gap.Observer --> Frame (row, cloud, twins)  --+
//	                          |                                                               |
//	                          +-> density of mu_t, C(t), coupling: exact curves --------------+-> messages
//	                                                                                          |
//	Server (loopback, one-time token) <-- View (a viewer's place in them) <-- Live (pause, speed, runs) <--+
//	                                                                                          |
//	                                            Recording: one page that plays offline, tables, .npy
//
// Numbers are those of kac gap: a frame's row is the row that gap.csv would have. Pausing, speed and viewers change
// none of them. The page reads one stream of messages, whether they come from the server or stand in the recording.
package explore

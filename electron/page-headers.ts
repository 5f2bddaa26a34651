/** @file The headers of every page: the same policy as server mode, from the same constant. */

// The function of that name in the open library; NULL if there is none.
void *cob_symbol(const char *name);

/* The installed header, where pkg-config says that it is. */
#include <matrix_capi.h>

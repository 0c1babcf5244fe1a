/* The page that shows a scene, put together from viewer/ by tools/embed when the command is built.  Ends with a NUL. */
#ifndef CLI_VIEWER_H
#define CLI_VIEWER_H

extern const unsigned char viewer_page[];

#endif

// Macros that other libraries' headers leave in a program: Windows' without NOMINMAX, Qt's without
// QT_NO_KEYWORDS, X11's, and short names that old C headers define.
#ifndef EIGENVIT_TESTS_TOOLCHAINS_MACROS_HPP
#define EIGENVIT_TESTS_TOOLCHAINS_MACROS_HPP

#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define small char
#define near
#define far
#define interface struct
#define IN
#define OUT
#define OPTIONAL
#define ERROR 0
#define NO_ERROR 0
#define DELETE 1
#define TRUE 1
#define FALSE 0
#define CONST const
#define VOID void
#define Yield()
#define GetObject GetObjectW
#define CreateFile CreateFileW
#define LoadImage LoadImageW
#define ReplaceFile ReplaceFileW

#define signals public
#define slots
#define emit
#define foreach for

#define None 0L
#define Bool int
#define Status int
#define True 1
#define False 0
#define Always 2
#define Above 0
#define Below 1
#define Complex 0
#define Convex 2
#define CursorShape 0
#define KeyPress 2
#define FocusIn 9
#define FocusOut 10
#define Unsorted 0

#define major(device) (device)
#define minor(device) (device)
#define PI 3.14159265358979323846
#define EPS 1e-6
#define LOG(level) 0
#define CHECK(condition) (void)(condition)
#define _C 1
#define _D 1

#endif

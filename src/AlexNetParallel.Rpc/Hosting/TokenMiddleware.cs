using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AlexNetParallel.Rpc.Hosting;

/// <summary>Refuses calls without the token.</summary>
internal static class TokenMiddleware
{
    /// <summary>Puts the check before everything else, if the security has a token.</summary>
    public static void UseToken(this IApplicationBuilder application, RpcSecurity security)
    {
        if (security.Token is null) return;
        application.Use(async (http, next) =>
        {
            if (security.Accepts(http.Request.Headers.Authorization.ToString()))
            {
                await next(http);
                return;
            }

            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "16"; // UNAUTHENTICATED
            http.Response.Headers["grpc-message"] = "The call carries no valid token: give client and server the same one.";
        });
    }
}
